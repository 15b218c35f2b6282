/** Writes what a training run tells into its folder: metrics, TensorBoard events, checkpoints, the best weights. */
import type { Variable } from '../../tensor/index.js';
import type { EvaluationRecord, MetricsRecord, TrainingEvent } from '../../training/index.js';
import { JsonLines } from '../jsonLines.js';
import { EventWriter } from '../tensorboard.js';
import type { RunPicture } from './pictures.js';
import { isLine, type RecordLine } from './records.js';
import type { RunFolder } from './runFolder.js';

/** Where a PNG file keeps its width and its height. */
const PNG_SIZE = { width: 16, height: 20 };

export class Recorder {
  readonly #metrics: JsonLines;
  readonly #board: EventWriter;
  /** Warnings that stand in the records: a run that resumes may give some again. */
  readonly #warnings = new Set<string>();
  /** Steps done. */
  #step: number;

  /** @param firstStep steps done before; records after it are dropped, because they will be written again */
  constructor(
    readonly folder: RunFolder,
    /** Variables that a checkpoint keeps. */
    readonly state: readonly Variable[],
    firstStep: number,
  ) {
    this.#step = firstStep;
    this.#metrics = new JsonLines(folder.file('metrics.jsonl'));
    this.#metrics.keepWhile((line) => {
      const isKept = isLine(line) && line.step <= firstStep;
      if (isKept && line.kind === 'warning') this.#warnings.add(line.message);
      return isKept;
    });
    this.#board = EventWriter.open(folder.path, { resumeStep: firstStep + 1 });
  }

  async record(event: TrainingEvent): Promise<void> {
    switch (event.kind) {
      case 'metrics':
        this.#add(event);
        this.#plotMetrics(event);
        break;
      case 'evaluation':
        this.#add(event);
        this.#plotEvaluation(event);
        break;
      case 'warning':
        if (!this.#warnings.has(event.message)) this.#add({ ...event, step: this.#step });
        this.#warnings.add(event.message);
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

  /** Shows pictures of the finished model in TensorBoard. */
  pictures(pictures: readonly Pick<RunPicture, 'name' | 'png'>[]): void {
    for (const { name, png } of pictures) {
      const header = new DataView(png.buffer, png.byteOffset);
      const [width, height] = [header.getUint32(PNG_SIZE.width), header.getUint32(PNG_SIZE.height)];
      this.#board.image(name, png, width, height, this.#step);
    }
    this.#board.flush();
  }

  close(): void {
    this.#metrics.close();
    this.#board.close();
  }

  #add(line: RecordLine): void {
    this.#step = line.step;
    this.#metrics.append(line);
  }

  #plotMetrics({ step, terms, weights, phases = {}, ...record }: MetricsRecord): void {
    const { objective, gradientNorm, learningRate, samplesPerSecond } = record;
    this.#plot('train', { objective, gradientNorm, learningRate, samplesPerSecond }, step);
    this.#plot('train/terms', terms, step);
    this.#plot('train/weights', weights, step);
    for (const [name, phase] of Object.entries(phases)) this.#plot(`train/${name}`, { ...phase }, step);
  }

  #plotEvaluation({ step, loss, objective, terms, latent }: EvaluationRecord): void {
    this.#plot('validation', { loss, objective }, step);
    this.#plot('validation/terms', terms, step);
    if (!latent) return;
    const { activeUnits, mutualInformation } = latent;
    this.#plot('validation', { activeUnits, mutualInformation }, step);
  }

  #plot(group: string, values: Readonly<Record<string, number>>, step: number): void {
    for (const [name, value] of Object.entries(values)) this.#board.scalar(`${group}/${name}`, value, step);
  }
}
