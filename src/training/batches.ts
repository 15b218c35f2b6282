/** Feeds of training steps: batches in the run's order, several steps stacked, read ahead while the engine works. */
import type { Samples } from '../data/index.js';
import type { Feeds } from '../engine/index.js';

/** Training samples by their position in the endless order of the run. */
export interface OrderedSamples {
  read(firstPosition: number, count: number): Promise<Samples>;
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
    /** Samples that a step takes. */
    readonly samplesPerStep: number,
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
    const samples = this.source.read(step * this.samplesPerStep, steps * this.samplesPerStep);
    return { step, steps, samples };
  }
}
