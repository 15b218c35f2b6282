/** Tests run on the compiled package, which is what users run: `npm test` builds first. */
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/** Files of minutes, the longest first: begun last, one of them would keep one worker busy and the other waiting. */
const LONG = [
  'conformance/docs',
  'conformance/systemDocs',
  'node/runs/interruption',
  'conformance/reproductions',
];

class LongestFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`${name}.test.js`));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 0,
    hookTimeout: 0,
    sequence: { sequencer: LongestFirst },
  },
});
