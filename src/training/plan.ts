/** Which steps of a run end with an evaluation or a checkpoint. */
import type { TrainingOptions } from './options.js';

/** Evaluations of a run where nothing else is asked for. */
const EVALUATIONS = 20;

export class Plan {
  readonly #evaluation: number;
  readonly #checkpoint: number;

  constructor(
    options: Pick<TrainingOptions, 'evaluateEvery' | 'checkpointEvery'>,
    readonly total: number,
    /** Steps at which a stage ends, in order; a call of the engine does not go beyond one. */
    readonly ends: readonly number[] = [],
  ) {
    this.#evaluation = options.evaluateEvery ?? Math.max(1, Math.ceil(total / EVALUATIONS));
    this.#checkpoint = options.checkpointEvery ?? this.#evaluation;
  }

  /** Whether the validation part is looked at after this many steps. */
  evaluates(step: number): boolean {
    return step % this.#evaluation === 0 || step === this.total;
  }

  checkpoints(step: number): boolean {
    return step % this.#checkpoint === 0 || step === this.total;
  }

  /** The first number of steps after this one at which something is planned. */
  next(step: number): number {
    const after = (every: number) => (Math.floor(step / every) + 1) * every;
    const end = this.ends.find((each) => each > step) ?? this.total;
    return Math.min(after(this.#evaluation), after(this.#checkpoint), end, this.total);
  }
}
