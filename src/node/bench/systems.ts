/**
 * `npm run bench:systems`: how long a training step of each system takes on the native engine, as a multiple of the plain
 * VAE's, and its work in multiplications and additions likewise: pictures of 28 × 28, a dense network of 400, codes of 20,
 * batches of 100. A system that takes more time than work has overhead.
 *
 *   --seconds S    time for each system (default: 2)
 *   --threads N    (default: all cores)
 *   NAME …         systems (default: all)
 */
import { parseArgs } from 'node:util';
import { initialValues } from '../../engine/index.js';
import { lowerProgram } from '../../engine/native/lower.js';
import { VariableTable } from '../../nn/index.js';
import { describeData, findSystem, type System, systems, vae } from '../../systems/index.js';
import { toData } from '../../tensor/index.js';
import { type StageStep, trainingOptionsFor, trainingStages } from '../../training/index.js';
import { usableCores } from '../cpu.js';
import { AddonRunner } from '../native.js';
import { countFlops } from './flops.js';

const { values: flags, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(usableCores()) },
  },
  allowPositionals: true,
});

const BATCH = 100;
/** Steps of each before the other has its turn, so that a machine that slows down slows both. */
const STEPS = 5;
const CLASSES = 10;
const LEVELS = 256;
const spec = { kind: 'image', shape: [28, 28, 1], dtype: 'uint8', range: [0, LEVELS - 1] } as const;
/** The network, as far as a system has the options. */
const NETWORK: Readonly<Record<string, unknown>> = { architecture: 'mlp', hidden: [400], latent: 20 };
/** Where the network is another one by what the system is. */
const NETWORK_OF: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'f-vae': { flow: 'general' },
  'k-sparse-ae': { latent: 400 },
  'sparse-ae': { latent: 400, hidden: [] },
  'contractive-ae': { latent: 400, hidden: [] },
  'stacked-dae': { layers: [400, 20] },
};

/** A training step that can be taken again and again. */
interface Bench {
  /** Of a step. */
  readonly flops: number;
  /** Takes some steps, and gives the milliseconds of one. */
  run(): Promise<number>;
}

/** The stages of a system's training. */
function stagesOf(system: System, runner: AddonRunner): Bench[] {
  const network = { ...NETWORK, ...NETWORK_OF[system.name] };
  const known = Object.entries(network).filter(([name]) => name in system.options.shape);
  const options = system.options.parse(Object.fromEntries(known));
  const data = describeData(spec, { size: 60_000, classes: CLASSES });
  const training = trainingOptionsFor({ system, options, data }, { batchSize: BATCH });
  const table = new VariableTable();
  const { stages, state } = trainingStages({ system, options, data, training, totalSteps: 1e6, table });
  runner.write(initialValues(state, 0));
  return stages.map((stage) => benchOf(stage, runner));
}

function benchOf({ program, firstStep }: StageStep, runner: AddonRunner): Bench {
  const plan = lowerProgram(program);
  const loaded = runner.load(plan);
  const feeds = plan.inputs.map(({ name, size, dtype }) => {
    const most = name === 'labels' ? CLASSES : LEVELS;
    return toData(
      dtype,
      Float64Array.from({ length: STEPS * size }, (_, i) => (i * 89) % most),
    );
  });
  let step = firstStep;
  return {
    flops: countFlops(program),
    async run() {
      const started = performance.now();
      await loaded.run(feeds, { steps: STEPS, firstStep: step, seed: 0 });
      step += STEPS;
      return (performance.now() - started) / STEPS;
    },
  };
}

/** The shortest step of each, taken in turns. */
async function fastest(both: readonly [Bench, Bench]): Promise<[number, number]> {
  for (const bench of both) await bench.run();
  const best: [number, number] = [Infinity, Infinity];
  const end = performance.now() + 1000 * Number(flags.seconds);
  do for (const [i, bench] of both.entries()) best[i] = Math.min(best[i], await bench.run());
  while (performance.now() < end);
  return best;
}

const chosen = positionals.length > 0 ? positionals.map(findSystem) : systems;
for (const system of chosen) {
  const runners = [0, 1].map(() => new AddonRunner({ threads: Number(flags.threads) }));
  try {
    const [usual] = stagesOf(vae, runners[0]);
    for (const [i, stage] of stagesOf(system, runners[1]).entries()) {
      const [ofVae, own] = await fastest([usual, stage]);
      const name = i === 0 ? system.name : `${system.name}, stage ${i + 1}`;
      const [time, work] = [own / ofVae, stage.flops / usual.flops].map((ratio) => ratio.toFixed(2));
      process.stdout.write(
        `${name.padEnd(28)} ${own.toFixed(2)} ms  ${time} × the time  ${work} × the work\n`,
      );
    }
  } catch (error) {
    process.stdout.write(`${system.name.padEnd(28)} ${error instanceof Error ? error.message : error}\n`);
  } finally {
    for (const runner of runners) runner.close();
  }
}
