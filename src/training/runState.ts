/** Where a run stands: its counters, the means of its records, its best evaluation, and what went wrong. */
import type { Fetches } from '../engine/index.js';
import type { Evaluation } from '../evaluation/index.js';
import type { Progress, TrainingEvent } from './events.js';
import { inSteps, type TrainingOptions } from './options.js';
import { OUTPUTS, type TrainingStep } from './step.js';

/** A run that cannot go on: what was not finite, where, and what to try. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
}

/** Records in a run's metrics. */
const RECORDS = 400;
/** Steps skipped in a row that mean the weights themselves are lost. */
const SKIPS_BEFORE_ROLLBACK = 10;
const LARGEST_ROLLBACKS = 5;
/** A posterior that carries less than this has collapsed onto the prior. */
const COLLAPSED_NATS = 0.05;

export class RunState {
  step: number;
  seconds = 0;
  #samples = 0;
  #skipped: number;
  #rollbacks: number;
  #sinceBest: number;
  #best: Progress['best'];
  #skippedInRow: number;
  #warnedOfCollapse = false;
  readonly #recordEvery: number;
  readonly #warmupEnd: number;
  #window = new Window();
  #lastProblem = '';

  constructor(
    readonly definition: TrainingStep,
    readonly training: TrainingOptions,
    readonly total: number,
    readonly size: number,
    { step = 0, skipped = 0, skippedInRow = 0, rollbacks = 0, sinceBest = 0, best }: Partial<Progress> = {},
  ) {
    this.step = step;
    this.#skipped = skipped;
    this.#skippedInRow = skippedInRow;
    this.#rollbacks = rollbacks;
    this.#sinceBest = sinceBest;
    this.#best = best;
    this.#recordEvery = Math.max(1, Math.floor(total / RECORDS));
    const { klWarmup, klCycles } = training;
    this.#warmupEnd = klCycles > 0 ? Math.round(total * (1 - 0.5 / klCycles)) : inSteps(klWarmup, total);
  }

  get epoch(): number {
    return (this.step * this.training.batchSize) / this.size;
  }

  get samplesPerSecond(): number {
    return this.#samples / Math.max(this.seconds, 1e-9);
  }

  get isLost(): boolean {
    return this.#skippedInRow >= SKIPS_BEFORE_ROLLBACK;
  }

  get hasLostPatience(): boolean {
    return this.training.patience > 0 && this.#sinceBest >= this.training.patience;
  }

  get progress(): Progress {
    return {
      step: this.step,
      skipped: this.#skipped,
      skippedInRow: this.#skippedInRow,
      rollbacks: this.#rollbacks,
      sinceBest: this.#sinceBest,
      ...(this.#best ? { best: this.#best } : {}),
    };
  }

  /** Takes in the outputs of some steps, up to one after which the run is lost. */
  *take(outputs: Fetches, steps: number, seconds: number): Generator<TrainingEvent> {
    this.seconds += seconds;
    this.#samples += steps * this.training.batchSize;
    for (let k = 0; k < steps; k++) {
      this.step++;
      const applied = outputs[OUTPUTS.applied][k] === 1;
      if (applied) {
        this.#skippedInRow = 0;
        this.#window.add(outputs, k);
      } else {
        this.#skipped++;
        this.#lastProblem = this.#problem(outputs, k);
        if (this.#skippedInRow++ === 0) {
          yield { kind: 'warning', message: `step ${this.step} was skipped: ${this.#lastProblem}` };
        }
      }
      this.#window.seconds += seconds / steps;
      this.#window.steps++;
      this.#window.last = { outputs, k };
      if (this.step % this.#recordEvery === 0) yield* this.closeWindow();
      // What the engine did after this step is undone by the rollback, however long the chunk was.
      if (this.isLost) return;
    }
    const objective = outputs[OUTPUTS.objective][steps - 1];
    const samplesPerSecond = (steps * this.training.batchSize) / seconds;
    yield { kind: 'progress', step: this.step, totalSteps: this.total, objective, samplesPerSecond };
  }

  /** Counts a return to the last good state and says why. @throws DivergenceError when it has happened too often */
  rollback(): string {
    this.#skippedInRow = 0;
    this.#rollbacks++;
    if (this.#rollbacks > LARGEST_ROLLBACKS) {
      throw new DivergenceError(
        `training diverged at step ${this.step}: ${this.#lastProblem}, after ${LARGEST_ROLLBACKS} returns to good weights; the best weights so far are kept; lower --learning-rate (now ${this.training.learningRate})`,
      );
    }
    const rate = this.training.learningRate * 0.5 ** this.#rollbacks;
    return `${SKIPS_BEFORE_ROLLBACK} steps in a row were not finite: back to the last good weights, with a learning rate of ${rate}`;
  }

  /** Whether this validation objective is the best so far; during warm-up none is. */
  judge(objective: number): boolean {
    if (this.step < this.#warmupEnd) return false;
    if (!(objective < (this.#best?.objective ?? Infinity))) {
      this.#sinceBest++;
      return false;
    }
    this.#best = { step: this.step, objective };
    this.#sinceBest = 0;
    return true;
  }

  *collapseWarning({ latent, terms }: Evaluation): Generator<TrainingEvent> {
    if (!latent || this.#warnedOfCollapse || this.step < this.#warmupEnd || this.step < this.total / 4)
      return;
    const nats = terms.kl ?? latent.klPerDimension.reduce((sum, kl) => sum + kl, 0);
    if (latent.activeUnits > 0 && nats > COLLAPSED_NATS) return;
    this.#warnedOfCollapse = true;
    const state = `the KL term is ${nats.toFixed(3)} nats and ${latent.activeUnits} of ${latent.klPerDimension.length} code coordinates are in use`;
    yield {
      kind: 'warning',
      message: `posterior collapse: ${state}; try --kl-warmup 0.3, --free-bits 0.1, a smaller --beta or a weaker decoder`,
    };
  }

  /** A record of the steps since the one before, if there are any; at checkpoints, so that resuming loses none. */
  *closeWindow(): Generator<TrainingEvent> {
    const window = this.#window;
    if (!window.last) return;
    this.#window = new Window();
    const { outputs, k } = window.last;
    const perTerm = (f: (name: string) => number) =>
      Object.fromEntries(this.definition.terms.map((name) => [name, f(name)]));
    yield {
      kind: 'metrics',
      step: this.step,
      epoch: this.epoch,
      objective: window.mean(OUTPUTS.objective),
      terms: perTerm((name) => window.mean(`term ${name}`)),
      weights: perTerm((name) => outputs[`weight ${name}`][k]),
      gradientNorm: window.mean(OUTPUTS.gradientNorm),
      learningRate: outputs[OUTPUTS.learningRate][k],
      samplesPerSecond: (window.steps * this.training.batchSize) / window.seconds,
      skipped: this.#skipped,
    };
  }

  /** What was not finite in a step, by name. */
  #problem(outputs: Fetches, k: number): string {
    const { terms, weights } = this.definition;
    const badTerms = terms.filter((name) => !Number.isFinite(outputs[`term ${name}`][k]));
    if (badTerms.length > 0)
      return `the ${badTerms.map((name) => `'${name}'`).join(' and ')} term is not finite`;
    const norms = outputs[OUTPUTS.layerNorms].subarray(k * weights.length, (k + 1) * weights.length);
    const badLayers = weights.filter((_, i) => !Number.isFinite(norms[i])).map(({ name }) => name);
    if (badLayers.length > 0)
      return `the gradient of ${badLayers[0]}${badLayers.length > 1 ? ` and ${badLayers.length - 1} more` : ''} is not finite`;
    return 'the weighted sum of the terms or of the squared gradients is not finite';
  }
}

/** Sums over the steps since the last record. */
class Window {
  steps = 0;
  seconds = 0;
  last: { outputs: Fetches; k: number } | undefined;
  #applied = 0;
  readonly #sums = new Map<string, number>();

  add(outputs: Fetches, k: number): void {
    this.#applied++;
    for (const [name, values] of Object.entries(outputs))
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + values[k]);
  }

  mean(name: string): number {
    return (this.#sums.get(name) ?? NaN) / this.#applied;
  }
}
