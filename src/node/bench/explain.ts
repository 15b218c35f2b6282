/** What a training step of a benchmark case is on the native engine, with the measured time of each instruction. */
import { initialValues } from '../../engine/index.js';
import { explainPlan } from '../../engine/native/explain.js';
import { lowerProgram } from '../../engine/native/lower.js';
import { toData } from '../../tensor/index.js';
import { usableCores } from '../cpu.js';
import { AddonRunner } from '../native.js';
import { requireCase } from './cases.js';
import { buildStep } from './measure.js';
import type { BenchRequest } from './run.js';

/** Steps before those that are measured, and in each call. */
const WARM_UP = 3;
const STEPS = 8;

/**
 * @returns the plan as a table
 * @throws AddonError where the native engine does not work
 */
export async function explainCase(
  name: string,
  { seconds, threads = usableCores(), instructionSet }: BenchRequest,
): Promise<string> {
  const bench = requireCase(name);
  const { step, training } = buildStep(bench);
  const plan = lowerProgram(step.program);
  const runner = new AddonRunner({ threads, instructionSet });
  try {
    runner.write(initialValues(step.state, 0));
    const loaded = runner.load(plan);
    const { x, labels = [] } = bench.samples(STEPS * training.batchSize);
    const samples: Readonly<Record<string, ArrayLike<number>>> = { x, labels };
    const feeds = plan.inputs.map((port) => toData(port.dtype, samples[port.name]));
    let firstStep = 0;
    const run = async (steps: number) => {
      const part = feeds.map((feed) => feed.subarray(0, (feed.length / STEPS) * steps));
      await loaded.run(part, { steps, firstStep, seed: 0 });
      firstStep += steps;
    };
    await run(WARM_UP);
    loaded.measure();
    const end = performance.now() + 1000 * seconds;
    do await run(STEPS);
    while (performance.now() < end);
    const nanoseconds = loaded.nanoseconds.map((all) => all / (firstStep - WARM_UP));
    const machine = `${runner.instructionSet}, ${runner.threads} thread${runner.threads === 1 ? '' : 's'}`;
    return `${name}: one step of ${training.batchSize} samples on ${machine}\n${explainPlan(plan, { nanoseconds, loops: loaded.loops })}`;
  } finally {
    runner.close();
  }
}
