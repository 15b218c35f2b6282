/** A disk that is full, or holds no larger files: a run stops in one sentence, keeps what it had, and goes on with room. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTable, PROGRAM, resultOf, SHORT, temporaryFolder } from '../../conformance/commandLine.js';
import { boardOf, lastCheckpoints, recordsOf, summaryOf } from '../../conformance/runFiles.js';

const root = await temporaryFolder('disk');
await makeTable(join(root, 'table.csv'));
const TRAIN = [
  ...['train', 'vae', '--data', 'table.csv', '--json', ...SHORT, '--steps', '100'],
  ...['--evaluate-every', '20', '--checkpoint-every', '10', '--patience', '0'],
];

/** Bash limits the size of files in steps of 1 KiB. */
const canLimit = spawnSync('bash', ['-c', 'ulimit -f 1024']).status === 0;

/** Runs the program where no file may be larger than some KiB. */
async function limited(kib: number, words: readonly string[]) {
  const script = `ulimit -f ${kib} && exec "$@"`;
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, PROGRAM, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: string[][] = [[], []];
  child.stdout.on('data', (text) => out.push(String(text)));
  child.stderr.on('data', (text) => err.push(String(text)));
  const [code] = await once(child, 'close');
  return { code, stdout: out.join(''), lastWords: err.join('').trimEnd().split('\n').at(-1) };
}

test.skipIf(!canLimit)(
  'where not even its configuration can be written, a run leaves nothing behind',
  async () => {
    for (const kib of [0, 1]) {
      const { code, stdout, lastWords } = await limited(kib, [...TRAIN, '--out', 'none/run']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(lastWords).toMatch(
        /^vaekit: cannot (write|lock) \S+: it would be larger than files may be here; choose a folder on another disk$/,
      );
      expect(existsSync(join(root, 'none'))).toBe(false);
    }
  },
);

test.skipIf(!canLimit)(
  'a run that the disk stops goes on from its last checkpoint when there is room',
  async () => {
    await resultOf(root, [...TRAIN, '--out', 'whole']);
    const whole = join(root, 'whole');
    // The records outgrow the limit during the steps, the pictures at the end.
    for (const kib of [32, 64]) {
      const name = `limited to ${kib} KiB`;
      const { code, stdout, lastWords } = await limited(kib, [...TRAIN, '--out', name]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      const run = join(root, name);
      expect(lastWords).toMatch(
        / it would be larger than files may be here; choose a folder on another disk$/,
      );
      expect(lastWords).toContain(`vaekit: cannot write ${run}/`);
      expect(readdirSync(run)).not.toContain('summary.json');
      expect(readdirSync(run)).not.toContain('.lock');
      expect(readdirSync(run, { recursive: true }).join(' ')).not.toContain('.tmp');
      expect(Object.keys(lastCheckpoints(run))[1]).toMatch(/^step-[1-9]\d+\.safetensors$/);
      await resultOf(root, ['resume', name]);
      expect(lastCheckpoints(run)).toEqual(lastCheckpoints(whole));
      expect(recordsOf(run)).toEqual(recordsOf(whole));
      expect(boardOf(run)).toEqual(boardOf(whole));
      expect(summaryOf(run)).toEqual(summaryOf(whole));
    }
  },
);
