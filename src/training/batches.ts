/** Feeds of training steps: batches in the run's order, several steps stacked, read ahead while the engine works. */
import type { Samples } from '../data/index.js';
import type { Feeds } from '../engine/index.js';

/** Training samples by their position in the endless order of the run. */
export interface OrderedSamples {
  read(firstPosition: number, count: number): Promise<Samples>;
}

export class BatchReader {
  #ahead: { step: number; steps: number; samples: Promise<Samples> } | undefined;

  constructor(
    readonly source: OrderedSamples,
    readonly batchSize: number,
  ) {}

  /** Feeds of `steps` steps from `step` on, stacked. */
  async take(step: number, steps: number): Promise<Feeds> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isReady = ahead?.step === step && ahead.steps === steps;
    const { x, labels } = await (isReady ? ahead.samples : this.#read(step, steps));
    return labels ? { x, labels } : { x };
  }

  /** Starts reading what will be taken next. */
  prepare(step: number, steps: number): void {
    const samples = this.#read(step, steps);
    // A failure is reported where the batch is taken; unhandled until then, it would end the process.
    samples.catch(() => undefined);
    this.#ahead = { step, steps, samples };
  }

  #read(step: number, steps: number): Promise<Samples> {
    return this.source.read(step * this.batchSize, steps * this.batchSize);
  }
}
