/**
 * `npm run bench:growth`: how the time and the memory of a training step grow with the batch, the width and the depth of a
 * dense and a convolutional VAE on the native engine, as a table and a picture.
 *
 *   --out FILE     the picture (default: growth.png)
 *   --seconds S    time for each measurement (default: 0.5)
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { initialValues } from '../../engine/index.js';
import { lowerProgram } from '../../engine/native/lower.js';
import { LINE } from '../../engine/native/plan.js';
import { VariableTable } from '../../nn/index.js';
import { lossCurves, toPng } from '../../pictures/index.js';
import { describeData, vae } from '../../systems/index.js';
import { toData } from '../../tensor/index.js';
import { trainingOptions, trainingStages } from '../../training/index.js';
import { usableCores } from '../cpu.js';
import { AddonRunner } from '../native.js';

const { values: flags } = parseArgs({
  options: { out: { type: 'string', default: 'growth.png' }, seconds: { type: 'string', default: '0.5' } },
});

interface Model {
  readonly batch: number;
  readonly width: number;
  readonly depth: number;
}

const USUAL: Model = { batch: 128, width: 256, depth: 2 };
const KINDS = {
  dense: ({ width, depth }: Model) => ({ architecture: 'mlp', hidden: Array(depth).fill(width) }),
  convolutional: ({ width, depth }: Model) => ({
    architecture: 'conv',
    channels: Array(Math.min(depth, 4)).fill(width / 8),
  }),
};
type Kind = keyof typeof KINDS;

interface Measured {
  readonly microsecondsPerSample: number;
  /** Of the step, without the variables. */
  readonly megabytes: number;
}

async function measure(kind: Kind, model: Model): Promise<Measured> {
  const spec = { kind: 'image', shape: [32, 32, 1], dtype: 'uint8', range: [0, 1] } as const;
  const {
    stages: [{ program }],
    state,
  } = trainingStages({
    system: vae,
    options: vae.options.parse({ latent: 16, ...KINDS[kind](model) }),
    data: describeData(spec, { size: model.batch }),
    training: trainingOptions.parse({ batchSize: model.batch }),
    totalSteps: 1e6,
    table: new VariableTable(),
  });
  const plan = lowerProgram(program);
  const runner = new AddonRunner({ threads: usableCores() });
  try {
    runner.write(initialValues(state, 0));
    const loaded = runner.load(plan);
    const pixels = Uint8Array.from({ length: model.batch * 1024 }, (_, i) => (i * 89) % 2);
    const feeds = plan.inputs.map(({ dtype }) => toData(dtype, pixels));
    const times: number[] = [];
    const end = performance.now() + 1000 * Number(flags.seconds);
    for (let firstStep = 0; performance.now() < end || firstStep < 3; firstStep++) {
      const started = performance.now();
      await loaded.run(feeds, { steps: 1, firstStep, seed: 0 });
      times.push(performance.now() - started);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    return {
      microsecondsPerSample: (1000 * median) / model.batch,
      megabytes: (plan.arenaLines * LINE) / 1e6,
    };
  } finally {
    runner.close();
  }
}

const AXES: readonly (readonly [axis: keyof Model, values: readonly number[]])[] = [
  ['batch', [1, 4, 16, 64, 256, 1024, 4096]],
  ['width', [32, 64, 128, 256, 512, 1024]],
  ['depth', [1, 2, 4, 8, 16]],
];
const terms = [];
for (const [axis, values] of AXES) {
  const series = [];
  const memory = [];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    // Convolutions halve a picture of 32 × 32 at most four times.
    const kept = values.filter((value) => kind === 'dense' || axis !== 'depth' || value <= 4);
    const results: Measured[] = [];
    for (const value of kept) {
      const result = await measure(kind, { ...USUAL, [axis]: value });
      results.push(result);
      process.stdout.write(
        `${kind}, ${axis} ${value}: ${result.microsecondsPerSample.toPrecision(3)} µs per sample, ${result.megabytes.toPrecision(3)} MB\n`,
      );
    }
    const x = kept.map(Math.log2);
    series.push({ label: kind, x, y: results.map((result) => result.microsecondsPerSample) });
    memory.push({ label: kind, x, y: results.map((result) => result.megabytes) });
  }
  terms.push({ name: `Time by ${axis}`, note: 'µs per sample', series });
  if (axis === 'batch') terms.push({ name: 'Working memory by batch', note: 'MB', series: memory });
}
const figure = lossCurves({
  title: 'Growth of a training step',
  xLabel: 'log2 of the batch, the width or the depth',
  scale: 'log',
  terms,
});
await writeFile(flags.out, toPng(figure));
