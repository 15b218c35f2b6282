/**
 * A training run with a folder: what `Training` tells is recorded as it happens; at the end the best weights are measured
 * on the test part, drawn, exported and reported.
 */
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { TrainedModel } from '../../inference/index.js';
import type { PreparedData } from '../../training/index.js';
import { Training, type TrainingDefinition, type TrainingEvent } from '../../training/index.js';
import type { OpenEngine } from '../engines.js';
import { writeJsonWhole } from '../files.js';
import type { FolderLock } from '../folderLock.js';
import { loadOrt } from '../ort.js';
import { exportRun } from './exportRun.js';
import { drawRun } from './pictures.js';
import { Recorder } from './recorder.js';
import { writeReport } from './report.js';
import type { RunFolder } from './runFolder.js';

/** What is reported of a run: the object that `vaekit train --json` prints. */
export interface RunSummary {
  /** The run's folder. */
  readonly run: string;
  readonly system: string;
  readonly data: string;
  readonly engine: string;
  readonly epochs: number;
  readonly steps: number;
  /** Why training stopped. */
  readonly reason: 'steps' | 'patience' | 'aborted';
  /** Seconds of training, evaluations not counted. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Weights that are trained. */
  readonly parameters: number;
  /** Where the validation objective was lowest. */
  readonly best?: { readonly step: number; readonly objective: number };
  /** The best weights on the test part: `loss`, `objective`, and each term, in nats per sample. */
  readonly test?: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

export type RunEvent =
  | TrainingEvent
  /** What happens after the last step. */
  | { readonly kind: 'stage'; readonly stage: 'test' | 'pictures' | 'export' | 'report' }
  | { readonly kind: 'summary'; readonly summary: RunSummary };

export interface TrainingRunParts {
  readonly folder: RunFolder;
  readonly lock: FolderLock;
  readonly engine: OpenEngine;
  readonly data: PreparedData;
  readonly definition: TrainingDefinition;
}

export class TrainingRun implements AsyncIterable<RunEvent> {
  readonly training: Training;
  readonly #parts: TrainingRunParts;
  readonly #events: AsyncGenerator<RunEvent, void>;
  #summary: RunSummary | undefined;

  constructor(parts: TrainingRunParts) {
    this.#parts = parts;
    this.training = new Training(parts.definition);
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
    return this.training.model;
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

  /** Gives back the engine, the data and the folder's lock. */
  async close(): Promise<void> {
    await this.#events.return();
    await this.#parts.engine.dispose();
    await this.#parts.data.dataset.close();
    await this.#parts.lock.release();
  }

  async *#run(): AsyncGenerator<RunEvent, void> {
    const { folder, definition } = this.#parts;
    const progress = definition.resume?.progress;
    const recorder = Recorder.open(folder, this.training.state, progress?.step ?? 0);
    const warnings: string[] = [];
    let best = progress?.best;
    let parameters = 0;
    try {
      for await (const event of this.training) {
        await recorder.record(event);
        if (event.kind === 'start') parameters = event.parameters;
        if (event.kind === 'warning') warnings.push(event.message);
        if (event.kind === 'best') best = { step: event.step, objective: event.objective };
        yield event;
        if (event.kind !== 'finish') continue;
        const { step, reason, seconds, samplesPerSecond } = event;
        const summary: RunSummary = {
          run: folder.path,
          system: folder.config.system,
          data: folder.config.data.name,
          engine: this.#parts.engine.info.runtime ?? this.#parts.engine.name,
          epochs: (step * definition.training.batchSize) / definition.data.size,
          steps: step,
          reason,
          seconds,
          samplesPerSecond,
          parameters,
          ...(best ? { best } : {}),
          warnings,
        };
        yield* reason === 'aborted' ? this.#give(summary) : this.#conclude(summary);
      }
    } finally {
      recorder.close();
    }
  }

  async *#conclude(trained: RunSummary): AsyncGenerator<RunEvent, void> {
    const { folder, data, definition } = this.#parts;
    const { runner } = this.model;
    yield { kind: 'stage', stage: 'test' };
    const evaluation = await evaluate(runner, data.source(data.split.test), {
      seed: definition.training.seed,
    });
    const summary: RunSummary = { ...trained, test: testNumbers(evaluation) };
    yield { kind: 'stage', stage: 'pictures' };
    const pictures = await drawRun({
      folder,
      data,
      model: this.model,
      evaluation,
      seed: definition.training.seed,
    });
    yield { kind: 'stage', stage: 'export' };
    if (folder.config.ownLayers.length === 0)
      await exportRun(runner, (await loadOrt()).ort, folder.file('model'));
    yield { kind: 'stage', stage: 'report' };
    await writeReport({ folder, summary, evaluation, pictures, data });
    await writeJsonWhole(folder.file('summary.json'), summary);
    yield* this.#give(summary);
  }

  *#give(summary: RunSummary): Generator<RunEvent> {
    this.#summary = summary;
    yield { kind: 'summary', summary };
  }
}

function testNumbers({
  loss,
  objective,
  terms,
  bitsPerDimension,
  latent,
  count,
}: Evaluation): Record<string, number> {
  return {
    loss,
    objective,
    ...terms,
    ...(bitsPerDimension === undefined ? {} : { bitsPerDimension }),
    ...(latent ? { activeUnits: latent.activeUnits, mutualInformation: latent.mutualInformation } : {}),
    samples: count,
  };
}
