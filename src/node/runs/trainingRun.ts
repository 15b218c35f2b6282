/**
 * A training run with a folder: what `Training` tells is recorded as it happens; at the end the best weights are measured
 * on the test part, drawn, exported and reported.
 */
import { inRandomOrder } from '../../data/index.js';
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { TrainedModel } from '../../inference/index.js';
import type { PreparedData, Training, TrainingDefinition, TrainingEvent } from '../../training/index.js';
import type { OpenEngine } from '../engines.js';
import { loadOrt } from '../ort.js';
import { exportRun } from './exportRun.js';
import { drawRun } from './pictures.js';
import { Recorder } from './recorder.js';
import { type Records, readRecords, trainingSeconds } from './records.js';
import { writeReport } from './report.js';
import type { RunFolder } from './runFolder.js';
import { type RunSummary, writeSummary } from './summary.js';

export type RunStage = 'test' | 'pictures' | 'export' | 'report';

export type RunEvent =
  | TrainingEvent
  /** What happens after the last step. */
  | { readonly kind: 'stage'; readonly stage: RunStage }
  | { readonly kind: 'summary'; readonly summary: RunSummary };

export interface TrainingRunParts {
  /** Locked by this process. */
  readonly folder: RunFolder;
  readonly engine: OpenEngine;
  readonly data: PreparedData;
  readonly training: Training;
  readonly definition: TrainingDefinition;
}

export class TrainingRun implements AsyncIterable<RunEvent> {
  readonly #parts: TrainingRunParts;
  readonly #events: AsyncGenerator<RunEvent, void>;
  #summary: RunSummary | undefined;

  constructor(parts: TrainingRunParts) {
    this.#parts = parts;
    this.#events = this.#run();
  }

  get folder(): RunFolder {
    return this.#parts.folder;
  }

  get data(): PreparedData {
    return this.#parts.data;
  }

  get engine(): OpenEngine {
    return this.#parts.engine;
  }

  /** The model; after the last event it has the best weights. */
  get model(): TrainedModel {
    return this.#parts.training.model;
  }

  /** Everything recorded so far: each term's curve and each evaluation, those from before a resume included. */
  history(): Promise<Records> {
    return readRecords(this.folder);
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent, void> {
    return this.#events;
  }

  /** Runs to the end, for those who want no events. */
  async finish(): Promise<RunSummary> {
    for await (const _ of this.#events);
    if (!this.#summary) throw new Error('finish: this run was closed before its end');
    return this.#summary;
  }

  /** Gives back the engine, the data and the folder. */
  async close(): Promise<void> {
    await this.#events.return();
    await this.#parts.engine.dispose();
    await this.#parts.data.dataset.close();
    await this.#parts.folder.unlock();
  }

  async *#run(): AsyncGenerator<RunEvent, void> {
    const { folder, training, definition } = this.#parts;
    const progress = definition.resume?.progress;
    const recorder = new Recorder(folder, training.state, progress?.step ?? 0);
    let best = progress?.best;
    let parameters = 0;
    try {
      for await (const event of training) {
        await recorder.record(event);
        if (event.kind === 'start') parameters = event.parameters;
        if (event.kind === 'best') best = { step: event.step, objective: event.objective };
        yield event;
        if (event.kind !== 'finish') continue;
        const { step, reason } = event;
        const records = await readRecords(folder);
        const seconds = trainingSeconds(records, definition.training.batchSize);
        const samples = step * definition.training.batchSize;
        const summary: RunSummary = {
          run: folder.path,
          system: folder.config.system,
          data: folder.config.data.name,
          engine: this.engine.name,
          runtime: this.engine.info.runtime ?? this.engine.name,
          epochs: samples / definition.data.size,
          steps: step,
          reason,
          seconds,
          samplesPerSecond: samples / Math.max(seconds, 1e-9),
          parameters,
          best: best ?? null,
          isGame: training.isGame,
          warnings: [...records.warnings],
        };
        this.#summary =
          reason === 'aborted' ? summary : yield* this.#conclude(summary, { recorder, records });
        yield { kind: 'summary', summary: this.#summary };
      }
    } finally {
      recorder.close();
    }
  }

  /** Measures, draws, exports and reports. An abort leaves the rest to `resume`. */
  async *#conclude(
    trained: RunSummary,
    { recorder, records }: { recorder: Recorder; records: Records },
  ): AsyncGenerator<RunEvent, RunSummary> {
    const { folder, data, definition } = this.#parts;
    const { signal } = definition;
    const { seed, batchSize } = definition.training;
    const { model } = this;
    try {
      yield* this.#stage('test');
      // Neighbours in a file are often alike, as digits of one writer are: batches of them are not batches of the whole.
      const test = data.source(inRandomOrder(data.split.test));
      const evaluation = await evaluate(model.runner, test, { seed, batchSize, signal });
      const summary: RunSummary = { ...trained, test: testNumbers(evaluation) };
      yield* this.#stage('pictures');
      const pictures = await drawRun({ folder, data, model, evaluation, records, seed });
      yield* this.#stage('export');
      if (folder.config.ownLayers.length === 0)
        await exportRun(model.runner, (await loadOrt()).ort, folder.file('model'));
      yield* this.#stage('report');
      await writeReport({ folder, summary, evaluation, pictures, data });
      recorder.pictures(pictures);
      await writeSummary(folder, summary);
      return summary;
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return { ...trained, reason: 'aborted' };
      throw error;
    }
  }

  *#stage(stage: RunStage): Generator<RunEvent> {
    this.#parts.definition.signal?.throwIfAborted();
    yield { kind: 'stage', stage };
  }
}

function testNumbers({
  loss,
  objective,
  terms,
  negativeElbo,
  bitsPerDimension,
  latent,
  indices = [],
  count,
}: Evaluation): Record<string, number> {
  return {
    loss,
    objective,
    ...terms,
    ...(negativeElbo === undefined ? {} : { negativeElbo }),
    ...(bitsPerDimension === undefined ? {} : { bitsPerDimension }),
    ...(latent ? { activeUnits: latent.activeUnits, mutualInformation: latent.mutualInformation } : {}),
    ...Object.fromEntries(
      indices.flatMap(({ name, used, perplexity }) => {
        const suffix = indices.length === 1 ? '' : `.${name}`;
        return [
          [`usedCodes${suffix}`, used],
          [`perplexity${suffix}`, perplexity],
        ];
      }),
    ),
    samples: count,
  };
}
