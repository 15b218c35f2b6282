/** Feeds of training steps: batches in the run's order, several steps stacked, read ahead while the engine works. */
import type { Samples } from '../data/index.js';
import type { Feeds } from '../engine/index.js';

/** Training samples by their position in the endless order of the run. */
export interface OrderedSamples {
  read(firstPosition: number, count: number): Promise<Samples>;
  /** Those whose class is known, in an order of their own, for models that ask for a second batch of them. */
  readLabelled?(firstPosition: number, count: number): Promise<Samples>;
}

/** Samples that a step takes, in the order in which it takes them. */
export interface StepSamples {
  readonly any: number;
  readonly labelled: number;
}

/** Batches of several steps, on their way. */
interface Reading {
  readonly step: number;
  readonly steps: number;
  readonly samples: Promise<Samples>;
}

export class BatchReader {
  #ahead: Reading | undefined;

  constructor(
    readonly source: OrderedSamples,
    readonly perStep: StepSamples,
  ) {}

  /** Feeds of some steps from `step` on, stacked: of as many as were prepared, or of `steps` where none were. */
  async take(step: number, steps: number): Promise<{ steps: number; feeds: Feeds }> {
    const reading = this.#ahead?.step === step ? this.#ahead : this.#read(step, steps);
    this.#ahead = undefined;
    const { x, labels } = await reading.samples;
    return { steps: reading.steps, feeds: labels ? { x, labels } : { x } };
  }

  /** Starts to read what will be taken next. */
  prepare(step: number, steps: number): void {
    this.#ahead = this.#read(step, steps);
    // A failure is reported where the batches are taken; unhandled until then, it would end the process.
    this.#ahead.samples.catch(() => undefined);
  }

  #read(step: number, steps: number): Reading {
    const { any, labelled } = this.perStep;
    const samples = this.source.read(step * any, steps * any);
    return { step, steps, samples: labelled > 0 ? this.#withLabelled(samples, step, steps) : samples };
  }

  async #withLabelled(samples: Promise<Samples>, step: number, steps: number): Promise<Samples> {
    const { labelled } = this.perStep;
    const { readLabelled } = this.source;
    if (!readLabelled) throw new Error('the model asks for samples with known classes; give readLabelled');
    const [first, second] = await Promise.all([samples, readLabelled(step * labelled, steps * labelled)]);
    const x = alternating(first.x, second.x, steps);
    return first.labels && second.labels
      ? { x, labels: alternating(first.labels, second.labels, steps) }
      : { x };
  }
}

/** For each step what it takes of the first array, and then of the second. */
function alternating<T extends Samples['x'] | Int32Array>(first: T, second: T, steps: number): T {
  const [a, b] = [first.length / steps, second.length / steps];
  const joined = first.slice(0, 0).constructor as new (length: number) => T;
  const values = new joined(first.length + second.length);
  for (let step = 0; step < steps; step++) {
    values.set(first.subarray(step * a, (step + 1) * a), step * (a + b));
    values.set(second.subarray(step * b, (step + 1) * b), step * (a + b) + a);
  }
  return values;
}
