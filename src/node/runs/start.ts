/** Starts, resumes and loads runs: from a request, or from a folder, to data, an engine and a model that fit together. */
import type { z } from 'zod';
import type { Dataset } from '../../data/index.js';
import { DataError } from '../../data/index.js';
import { ModelRunner, TrainedModel } from '../../inference/index.js';
import { describeData, findSystem, OptionError, type System } from '../../systems/index.js';
import {
  type PreparedData,
  prepareData,
  type TrainingOptions,
  trainingOptions,
} from '../../training/index.js';
import { type OpenOptions as DataOptions, openDataset, openDatasetInWorker } from '../data/index.js';
import { type EngineOptions, type OpenEngine, openEngine } from '../engines.js';
import { version } from '../version.js';
import { FORMAT, type RunConfig } from './config.js';
import { findRun, newRunPath } from './find.js';
import { RunFolder } from './runFolder.js';
import { TrainingRun } from './trainingRun.js';

export interface TrainRequest<Options extends z.ZodObject = z.ZodObject> {
  readonly system: System<Options>;
  /** A path, the name of a built-in set, or a data set that the program has made. */
  readonly data: string | Dataset;
  /** How a path is read. */
  readonly dataOptions?: DataOptions;
  /** Options of the system, by the names of its schema. */
  readonly options?: z.input<Options>;
  readonly training?: Partial<TrainingOptions>;
  readonly engine?: EngineOptions;
  /** Folder of the run. @default runs/<system>-<data>-<n> */
  readonly out?: string;
  /** Asks for a checkpoint and an end. */
  readonly signal?: AbortSignal;
  /** The command that repeats the run, for its configuration. */
  readonly command?: string;
}

/**
 * Starts a training run; it goes on as its events are taken.
 *
 * @throws DataError, OptionError, ShapeError if the request cannot be carried out; nothing is then left behind
 */
export async function train<Options extends z.ZodObject>(
  request: TrainRequest<Options>,
): Promise<TrainingRun> {
  const { system, signal } = request;
  const opened = await openParts(request);
  const { engine, data } = opened;
  try {
    const training = trainingOptions.parse(request.training ?? {});
    const options = system.options.parse(request.options ?? {});
    requireFit(system, data, training);
    const ownLayers = Object.keys(options).filter((name) => typeof options[name] === 'function');
    const stored = Object.entries(options).filter(([name]) => !ownLayers.includes(name));
    const config: RunConfig = {
      format: FORMAT,
      vaekit: version,
      created: new Date().toISOString(),
      system: system.name,
      options: Object.fromEntries(stored),
      ownLayers,
      training,
      data: {
        ...(typeof request.data === 'string' ? { source: request.data } : {}),
        options: { ...request.dataOptions },
        name: data.dataset.name,
        size: data.dataset.size,
        ...(data.dataset.classes ? { classes: [...data.dataset.classes] } : {}),
        fingerprint: data.dataset.fingerprint,
        spec: data.description.spec,
      },
      engine: {
        name: engine.name,
        runtime: engine.info.runtime ?? engine.name,
        threads: engine.info.threads,
      },
      platform: `node ${process.version} on ${process.platform} ${process.arch}`,
      ...(request.command ? { command: request.command } : {}),
    };
    // Building the model may refuse the request, and must do so before anything is written.
    const definition = definitionOf({ system, options, data, training, engine, signal });
    new ModelRunner(definition).build();
    const folder = await RunFolder.create(
      request.out ?? (await newRunPath(system.name, data.dataset.name)),
      config,
    );
    return new TrainingRun({ folder, lock: await folder.lock(), engine, data, definition });
  } catch (error) {
    await closeParts(opened);
    throw error;
  }
}

export interface ResumeRequest {
  readonly engine?: EngineOptions;
  readonly signal?: AbortSignal;
  /** The data, where a program had handed it over. */
  readonly data?: Dataset;
  /** Layers that the run's options held: no file can hold them. */
  readonly layers?: Readonly<Record<string, unknown>>;
}

/**
 * Continues a run from its newest checkpoint as if it had never stopped.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws DataError if it is no run, a checkpoint is damaged, or the data is not what it was
 */
export async function resume(run: string, request: ResumeRequest = {}): Promise<TrainingRun> {
  const folder = await RunFolder.open(await findRun(run));
  const lock = await folder.lock();
  try {
    const { config } = folder;
    const system = findSystem(config.system);
    const options = optionsOf(config, system, request.layers);
    const checkpoint = await folder.loadCheckpoint();
    const opened = await openParts({
      data: request.data ?? sourceOf(folder),
      dataOptions: config.data.options,
      engine: { engine: engineName(config), ...request.engine },
      spec: config.data.spec,
    });
    try {
      requireSameData(folder, opened.data.dataset);
      const bestWeights = checkpoint && (await folder.loadBest());
      const definition = {
        ...definitionOf({ ...opened, system, options, training: config.training, signal: request.signal }),
        ...(checkpoint ? { resume: { ...checkpoint, ...(bestWeights ? { bestWeights } : {}) } } : {}),
      };
      return new TrainingRun({ folder, lock, ...opened, definition });
    } catch (error) {
      await closeParts(opened);
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A finished or stopped run's model, ready for use. */
export interface LoadedRun {
  readonly folder: RunFolder;
  readonly model: TrainedModel;
  readonly engine: OpenEngine;
  close(): Promise<void>;
}

/**
 * The model of a run with its best weights.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws DataError if it is no run, or holds no weights yet
 */
export async function loadRun(
  run: string,
  { engine: choice, layers }: Pick<ResumeRequest, 'engine' | 'layers'> = {},
): Promise<LoadedRun> {
  const folder = await RunFolder.open(await findRun(run));
  const { config } = folder;
  const system = findSystem(config.system);
  const options = optionsOf(config, system, layers);
  const weights = await folder.loadWeights();
  const data = describeData(config.data.spec, {
    classes: config.data.classes?.length,
    size: config.data.size,
  });
  const engine = await openEngine(choice);
  await engine.variables.write(weights);
  const model = new TrainedModel(new ModelRunner({ engine, system, options, data }));
  return { folder, model, engine, close: () => engine.dispose() };
}

/**
 * Data for a loaded run: its own, opened as it was, or other data read with the run's columns, categories and picture
 * size.
 */
export function openRunData(folder: RunFolder, source?: string, options: DataOptions = {}): Promise<Dataset> {
  const { spec, classes, options: own } = folder.config.data;
  if (source === undefined) return openDataset(sourceOf(folder), own);
  return openDataset(source, { ...options, like: { spec, classes } });
}

interface OpenedParts {
  readonly engine: OpenEngine;
  readonly data: PreparedData;
}

interface PartsRequest extends Pick<TrainRequest, 'data' | 'dataOptions' | 'engine'> {
  spec?: RunConfig['data']['spec'];
}

/** Opens data and engine at the same time: each waits for something else. */
async function openParts({ data, dataOptions, engine, spec }: PartsRequest): Promise<OpenedParts> {
  const openData = async () =>
    prepareData(typeof data === 'string' ? await openDatasetInWorker(data, dataOptions) : data, spec);
  const [opened, prepared] = await Promise.allSettled([openEngine(engine), openData()]);
  if (opened.status === 'fulfilled' && prepared.status === 'fulfilled')
    return { engine: opened.value, data: prepared.value };
  if (opened.status === 'fulfilled') await opened.value.dispose();
  if (prepared.status === 'fulfilled') await prepared.value.dataset.close();
  throw prepared.status === 'rejected'
    ? prepared.reason
    : opened.status === 'rejected'
      ? opened.reason
      : undefined;
}

async function closeParts({ engine, data }: OpenedParts): Promise<void> {
  await engine.dispose();
  await data.dataset.close();
}

interface DefinitionParts extends OpenedParts {
  system: System;
  options: Record<string, unknown>;
  training: TrainingOptions;
  signal?: AbortSignal;
}

function definitionOf({ system, options, data, training, engine, signal }: DefinitionParts) {
  return {
    system,
    options,
    training,
    engine,
    signal,
    data: data.description,
    trainingSamples: data.ordered(training.seed),
    validation: data.source(data.split.validation),
  };
}

function requireFit(system: System, { dataset, split }: PreparedData, { batchSize }: TrainingOptions): void {
  if (batchSize > split.train.size) {
    throw new OptionError(
      'batchSize',
      `${batchSize} is more than the ${split.train.size} training samples of ${dataset.name}; use ${split.train.size} or fewer`,
    );
  }
  if (system.needsLabels && !dataset.classes) {
    throw new DataError(
      `${system.name} is conditioned on classes, and ${dataset.name} has no labels; use sub-folders or a label column, or train a vae`,
    );
  }
}

function optionsOf(
  { options, ownLayers }: RunConfig,
  system: System,
  layers: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const missing = ownLayers.filter((name) => layers[name] === undefined);
  if (missing.length > 0) {
    throw new DataError(
      `the run has layers of its own (${missing.join(', ')}), which no file can hold; load it from a program that passes them as \`layers\``,
    );
  }
  return system.options.parse({ ...options, ...layers });
}

function sourceOf({ config, name }: RunFolder): string {
  if (config.data.source === undefined)
    throw new DataError(`the data of ${name} was handed over by a program; pass it again as \`data\``);
  return config.data.source;
}

function requireSameData({ config, name }: RunFolder, { fingerprint, size }: Dataset): void {
  if (config.data.fingerprint === fingerprint) return;
  throw new DataError(
    `the data of ${name} is not what it was when the run started (${config.data.size} samples then, ${size} now); restore it, or train a new run`,
  );
}

function engineName({ engine }: RunConfig): EngineOptions['engine'] {
  return engine.name === 'reference' ? 'reference' : engine.name === 'onnx' ? 'onnx' : 'auto';
}
