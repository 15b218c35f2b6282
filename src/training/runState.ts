/** Where a run stands: its counters, its records, its best evaluation, and what went wrong. */
import type { Fetches } from '../engine/index.js';
import { inSteps } from '../systems/index.js';
import { DivergenceError, problemOf } from './divergence.js';
import type { Progress, TrainingEvent } from './events.js';
import { MetricsWindow } from './metricsWindow.js';
import type { TrainingOptions } from './options.js';
import { OUTPUTS } from './outputs.js';
import { type StageStep, stageAt, type TrainingStages } from './step.js';

/** Records in a run's metrics. */
const RECORDS = 400;
/** Steps skipped in a row that mean the weights themselves are lost. */
const SKIPS_BEFORE_ROLLBACK = 10;
const MOST_ROLLBACKS = 5;
/** Factor on the objective that no schedule and no bad luck explains. */
const RUNAWAY = 1e6;

export interface RunDefinition {
  readonly stages: TrainingStages;
  readonly training: TrainingOptions;
  readonly totalSteps: number;
  /** Number of training samples. */
  readonly size: number;
}

export class RunState {
  #progress: Progress;
  #seconds = 0;
  #samples = 0;
  #window: MetricsWindow;
  #lastProblem = '';
  /** The objective before anything moved, since the run was started or resumed. */
  #firstObjective: number | undefined;
  readonly #recordEvery: number;
  readonly #warmupEnd: number;
  /** The stage of the next step. */
  #stage: StageStep;

  constructor(
    readonly definition: RunDefinition,
    progress: Progress = { step: 0, skipped: 0, skippedInRow: 0, rollbacks: 0, sinceBest: 0 },
  ) {
    const { stages, training, totalSteps } = definition;
    this.#progress = progress;
    this.#stage = stageAt(stages, progress.step);
    this.#window = new MetricsWindow(this.#stage);
    this.#recordEvery = Math.max(1, Math.floor(totalSteps / RECORDS));
    const { klWarmup, klCycles } = training;
    const annealed =
      klCycles > 0 ? Math.round(totalSteps * (1 - 0.5 / klCycles)) : inSteps(klWarmup, totalSteps);
    const [lastStage] = stages.stages.slice(-1);
    this.#warmupEnd = Math.max(annealed, lastStage.firstStep, ...stages.ramps.map(({ end }) => end));
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Steps done. */
  get step(): number {
    return this.#progress.step;
  }

  get epoch(): number {
    const { training, size } = this.definition;
    return (this.step * training.batchSize) / size;
  }

  /** Seconds spent on steps, since the run was started or resumed. */
  get seconds(): number {
    return this.#seconds;
  }

  get samplesPerSecond(): number {
    return this.#samples / Math.max(this.#seconds, 1e-9);
  }

  get hasLostPatience(): boolean {
    const { patience } = this.definition.training;
    return patience > 0 && this.#progress.sinceBest >= patience;
  }

  /** Whether there is nothing left to do. */
  get isOver(): boolean {
    return this.step >= this.definition.totalSteps || this.hasLostPatience;
  }

  /** Whether the last step was skipped: the weights may be lost, and are nothing to go back to. */
  get isInTrouble(): boolean {
    return this.#progress.skippedInRow > 0;
  }

  get isLost(): boolean {
    return this.#progress.skippedInRow >= SKIPS_BEFORE_ROLLBACK;
  }

  /** Whether schedules are still moving, or stages before the last one running. */
  get isWarmingUp(): boolean {
    return this.step < this.#warmupEnd;
  }

  /** Takes in the outputs of some steps, up to one after which the run is lost. */
  *take(outputs: Fetches, steps: number, seconds: number): Generator<TrainingEvent> {
    const { batchSize } = this.definition.training;
    this.#seconds += seconds;
    this.#samples += steps * batchSize;
    this.#firstObjective ??= outputs[OUTPUTS.objective][0];
    for (let k = 0; k < steps; k++) {
      yield* this.#count(outputs, k);
      this.#window.add(outputs, k, seconds / steps);
      if (this.step % this.#recordEvery === 0 || this.step === this.#stage.end) yield* this.closeWindow();
      // What the engine did after this step is undone by going back, however long the chunk was.
      if (this.isLost) return;
    }
    yield {
      kind: 'progress',
      step: this.step,
      totalSteps: this.definition.totalSteps,
      objective: outputs[OUTPUTS.objective][steps - 1],
      samplesPerSecond: (steps * batchSize) / Math.max(seconds, 1e-9),
    };
  }

  /** A record of the steps since the one before, if there are any; at checkpoints, so that resuming loses none. */
  *closeWindow(): Generator<TrainingEvent> {
    if (this.#window.isEmpty) return;
    const { batchSize } = this.definition.training;
    const { step, epoch, progress } = this;
    yield { kind: 'metrics', ...this.#window.record({ step, epoch, skipped: progress.skipped, batchSize }) };
    this.#stage = stageAt(this.definition.stages, step);
    this.#window = new MetricsWindow(this.#stage);
  }

  /** Whether this validation objective is the best so far; during warm-up, and in a game, none is. */
  judge(objective: number): boolean {
    if (this.isWarmingUp || this.definition.stages.isGame) return false;
    const { best, sinceBest, step } = this.#progress;
    const isBest = objective < (best?.objective ?? Number.POSITIVE_INFINITY);
    this.#progress = isBest
      ? { ...this.#progress, best: { step, objective }, sinceBest: 0 }
      : { ...this.#progress, sinceBest: sinceBest + 1 };
    return isBest;
  }

  /** What to tell the user where steps that are each finite have led far away. */
  runawayWarning(objective: number): string | undefined {
    const first = this.#firstObjective ?? Number.NaN;
    const { learningRate } = this.definition.training;
    if (!(objective > RUNAWAY * Math.max(1, Math.abs(first)))) return undefined;
    return `at step ${this.step} the objective on the validation part is ${objective.toPrecision(3)}, and at the first step it was ${first.toPrecision(3)}; start with a learning rate below ${learningRate}, or look for values in the data that are far from all others`;
  }

  /** @throws DivergenceError if evaluations counted, and none of them was finite: then there is nothing worth keeping */
  requireFiniteEvaluation(): void {
    const { best, sinceBest, step } = this.#progress;
    if (best || sinceBest === 0) return;
    const { learningRate } = this.definition.training;
    throw new DivergenceError(
      `training diverged by step ${step}: the objective on the validation part was never finite; start with a learning rate below ${learningRate}, or look for values in the data that are not finite`,
    );
  }

  /**
   * Counts a return to the last good state: the factor on the learning rate from there, and what to tell the user.
   *
   * @throws DivergenceError when it has happened too often
   */
  goBack(): { factor: number; message: string } {
    const rollbacks = this.#progress.rollbacks + 1;
    this.#progress = { ...this.#progress, rollbacks, skippedInRow: 0 };
    const where = `at step ${this.step}: ${this.#lastProblem}`;
    if (rollbacks > MOST_ROLLBACKS)
      throw new DivergenceError(`training diverged ${where}, ${this.#remedy()}`);
    const { learningRate } = this.definition.training;
    const factor = 0.5 ** rollbacks;
    const message = `${SKIPS_BEFORE_ROLLBACK} steps in a row were skipped, the last ${where}; back to the last good weights, with a learning rate of ${learningRate * factor}`;
    return { factor, message };
  }

  #remedy(): string {
    if (this.#progress.skipped === this.step)
      return 'as in every step before; look for values in the data that are not finite';
    const { learningRate } = this.definition.training;
    const history = `after ${MOST_ROLLBACKS} returns to good weights, each with half the learning rate`;
    return `${history}; the best weights so far are kept; start with a learning rate below ${learningRate}`;
  }

  *#count(outputs: Fetches, k: number): Generator<TrainingEvent> {
    const { skipped, skippedInRow, ...rest } = this.#progress;
    const step = rest.step + 1;
    if (outputs[OUTPUTS.applied][k] === 1) {
      this.#progress = { ...rest, step, skipped, skippedInRow: 0 };
      return;
    }
    this.#progress = { ...rest, step, skipped: skipped + 1, skippedInRow: skippedInRow + 1 };
    this.#lastProblem = problemOf(this.#stage, outputs, k);
    if (skippedInRow === 0)
      yield { kind: 'warning', message: `step ${step} was skipped: ${this.#lastProblem}` };
  }
}
