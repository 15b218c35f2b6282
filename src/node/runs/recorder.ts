/** Writes what a training run tells into its folder: metrics, TensorBoard events, checkpoints, the best weights. */
import type { Variable } from '../../tensor/index.js';
import type { EvaluationRecord, MetricsRecord, TrainingEvent } from '../../training/index.js';
import { JsonLines } from '../jsonLines.js';
import { EventWriter } from '../tensorboard.js';
import type { RunFolder } from './runFolder.js';

export class Recorder {
  readonly #metrics: JsonLines;
  readonly #board: EventWriter;

  private constructor(
    readonly folder: RunFolder,
    /** Variables that a checkpoint keeps. */
    readonly state: readonly Variable[],
    firstStep: number,
  ) {
    this.#metrics = new JsonLines(folder.file('metrics.jsonl'));
    this.#metrics.keepWhile((line) => isRecord(line) && line.step <= firstStep);
    this.#board = EventWriter.open(folder.path, { resumeStep: firstStep });
  }

  /** @param firstStep steps done before; records after it are dropped, because they will be written again */
  static open(folder: RunFolder, state: readonly Variable[], firstStep: number): Recorder {
    return new Recorder(folder, state, firstStep);
  }

  async record(event: TrainingEvent): Promise<void> {
    switch (event.kind) {
      case 'metrics':
        this.#metrics.append(event);
        this.#plotMetrics(event);
        break;
      case 'evaluation':
        this.#metrics.append(event);
        this.#plotEvaluation(event);
        break;
      case 'best':
        await this.folder.saveBest(event.weights, this.state, event.step, event.objective);
        break;
      case 'checkpoint':
        // Records of the steps that a checkpoint covers must not be lost if it is not.
        this.#metrics.sync();
        this.#board.flush();
        await this.folder.saveCheckpoint(event, this.state);
        break;
      default:
    }
  }

  close(): void {
    this.#metrics.close();
    this.#board.close();
  }

  #plotMetrics({
    step,
    objective,
    terms,
    weights,
    gradientNorm,
    learningRate,
    samplesPerSecond,
  }: MetricsRecord): void {
    const scalars = { objective, gradientNorm, learningRate, samplesPerSecond };
    for (const [name, value] of Object.entries(scalars)) this.#board.scalar(`train/${name}`, value, step);
    for (const [name, value] of Object.entries(terms)) this.#board.scalar(`train/terms/${name}`, value, step);
    for (const [name, value] of Object.entries(weights))
      this.#board.scalar(`train/weights/${name}`, value, step);
  }

  #plotEvaluation({ step, loss, objective, terms, latent }: EvaluationRecord): void {
    for (const [name, value] of Object.entries({ loss, objective }))
      this.#board.scalar(`validation/${name}`, value, step);
    for (const [name, value] of Object.entries(terms))
      this.#board.scalar(`validation/terms/${name}`, value, step);
    if (!latent) return;
    this.#board.scalar('validation/activeUnits', latent.activeUnits, step);
    this.#board.scalar('validation/mutualInformation', latent.mutualInformation, step);
  }
}

function isRecord(line: unknown): line is { step: number } {
  return typeof line === 'object' && line !== null && 'step' in line && typeof line.step === 'number';
}
