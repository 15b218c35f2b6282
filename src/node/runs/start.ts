/** Starts and resumes runs: from a request, or from a folder, to data, an engine and a training that fit together. */
import type { z } from 'zod';
import { DataError, type Dataset, hasHoles } from '../../data/index.js';
import { isGivenNetwork, type System } from '../../systems/index.js';
import {
  binarised,
  type PreparedData,
  prepareData,
  Training,
  type TrainingDefinition,
  type TrainingOptions,
  trainingOptions,
  trainingOptionsFor,
} from '../../training/index.js';
import { type OpenOptions as DataOptions, openDatasetInWorker } from '../data/index.js';
import { ENGINE_NAMES, type EngineOptions, type OpenEngine, openEngine } from '../engines.js';
import { version } from '../version.js';
import { checkOptions } from './checkOptions.js';
import { FORMAT, type RunConfig } from './config.js';
import { openFeatures } from './featureFile.js';
import { findRun, makeRunFolder } from './find.js';
import { type LoadRequest, requireFit } from './load.js';
import { ownOptions, ownSystem } from './ownOptions.js';
import { lastingSource, openOwnData } from './runData.js';
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
  const { system, signal, data: source, dataOptions } = request;
  const typed = checkOptions<z.ZodObject>(system.options, request.options ?? {});
  checkOptions(trainingOptions, request.training ?? {});
  const { options, keep } = await openFeatures(typed);
  const opened = await openParts({
    data: () => openToLearn(source, dataOptions),
    engine: request.engine,
  });
  try {
    const training = trainingOptionsFor({ system, options, data: opened.data.description }, request.training);
    const parts = { ...opened, data: binarised(opened.data, training.binarise) };
    // It may refuse the request, and must do so before anything is written.
    const definition = definitionOf(parts, { system, options, training, signal });
    const run = new Training(definition);
    await run.prepare();
    const { data, engine } = parts;
    const { name, size, classes, fingerprint } = data.dataset;
    const ownLayers = Object.keys(typed).filter(
      (name) => typeof typed[name] === 'function' || isGivenNetwork(typed[name]),
    );
    const stored = Object.entries(typed).filter(([name]) => !ownLayers.includes(name));
    const config: RunConfig = {
      format: FORMAT,
      vaekit: version,
      created: new Date().toISOString(),
      system: system.name,
      options: Object.fromEntries(stored),
      ownLayers,
      training,
      data: {
        ...(typeof source === 'string' ? { source: lastingSource(source) } : {}),
        options: { ...dataOptions },
        name,
        size,
        ...(classes ? { classes: [...classes] } : {}),
        ...(data.description.hasUnknown ? { hasUnknown: true } : {}),
        trainingSize: data.split.train.size,
        fingerprint,
        spec: data.description.spec,
      },
      engine: {
        name: engine.name,
        runtime: engine.info.runtime ?? engine.name,
        ...(engine.info.instructionSet ? { instructionSet: engine.info.instructionSet } : {}),
        threads: engine.info.threads,
      },
      platform: `node ${process.version} on ${process.platform} ${process.arch}`,
      ...(request.command ? { command: request.command } : {}),
    };
    const folder = await RunFolder.create(request.out ?? (await makeRunFolder(system.name, name)), config);
    await keep(folder);
    return new TrainingRun({ folder, training: run, definition, ...parts });
  } catch (error) {
    await closeParts(opened);
    throw error;
  }
}

/** @throws DataError if numbers may be missing where none can be */
async function openToLearn(source: string | Dataset, options: DataOptions = {}): Promise<Dataset> {
  if (typeof source !== 'string') return source;
  const dataset = await openDatasetInWorker(source, options);
  if (options.missing !== 'mask' || hasHoles(dataset.spec)) return dataset;
  await dataset.close();
  throw new DataError(`${source}: missing=mask is for tables and arrays of numbers; leave it out`);
}

export interface ResumeRequest extends LoadRequest {
  readonly signal?: AbortSignal;
  /** Where the data are now, or the data themselves where a program had handed them over. */
  readonly data?: string | Dataset;
}

/**
 * Continues a run from its newest checkpoint as if it had never stopped. A run that is finished is measured, drawn and
 * exported once more.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws DataError if it is no run, a checkpoint is damaged, or the data are not what they were
 */
export async function resume(run: string, request: ResumeRequest = {}): Promise<TrainingRun> {
  const folder = await RunFolder.open(await findRun(run));
  await folder.lock();
  try {
    const { config } = folder;
    const system = ownSystem(folder);
    const options = await ownOptions(folder, system, request.layers);
    const checkpoint = await folder.loadCheckpoint();
    const anew = `restore it from a copy, or remove ${folder.file('checkpoints')} to start anew`;
    const bestWeights = checkpoint?.progress.best && (await folder.loadBest(anew));
    if (checkpoint?.progress.best && !bestWeights) {
      throw new DataError(
        `${folder.path} lacks checkpoints/best.safetensors, the weights of step ${checkpoint.progress.best.step}; ${anew}`,
      );
    }
    const opened = await openParts({
      data: () => openOwnData(folder, request.data, openDatasetInWorker),
      engine: { ...engineOf(config), ...request.engine },
      spec: config.data.spec,
    });
    try {
      const parts = { ...opened, data: binarised(opened.data, config.training.binarise) };
      const definition = {
        ...definitionOf(parts, { system, options, training: config.training, signal: request.signal }),
        ...(checkpoint ? { resume: { ...checkpoint, bestWeights } } : {}),
      };
      const training = new Training(definition);
      if (checkpoint) requireFit(folder, training.state, checkpoint.variables);
      return new TrainingRun({ folder, training, definition, ...parts });
    } catch (error) {
      await closeParts(opened);
      throw error;
    }
  } catch (error) {
    await folder.unlock();
    throw error;
  }
}

interface Parts {
  readonly engine: OpenEngine;
  readonly data: PreparedData;
}

interface PartsRequest {
  data(): Dataset | Promise<Dataset>;
  engine?: EngineOptions;
  /** What was measured of the data before. */
  spec?: RunConfig['data']['spec'];
}

/** Opens data and engine at the same time: each waits for something else. */
async function openParts({ data, engine, spec }: PartsRequest): Promise<Parts> {
  const openData = async () => {
    const dataset = await data();
    try {
      return await prepareData(dataset, spec);
    } catch (error) {
      await dataset.close();
      throw error;
    }
  };
  const [prepared, opened] = await Promise.allSettled([openData(), openEngine(engine)]);
  if (prepared.status === 'fulfilled' && opened.status === 'fulfilled')
    return { engine: opened.value, data: prepared.value };
  if (opened.status === 'fulfilled') await opened.value.dispose();
  if (prepared.status === 'rejected') throw prepared.reason;
  await prepared.value.dataset.close();
  throw opened.status === 'rejected' ? opened.reason : undefined;
}

async function closeParts({ engine, data }: Parts): Promise<void> {
  await engine.dispose();
  await data.dataset.close();
}

function definitionOf(
  { engine, data }: Parts,
  request: Pick<TrainingDefinition, 'system' | 'options' | 'training' | 'signal'>,
): TrainingDefinition {
  return {
    ...request,
    engine,
    data: data.description,
    trainingSamples: data.ordered(request.training.seed),
    validation: data.source(data.split.validation),
  };
}

/** The engine that a run began with: another one, or another number of threads, may round otherwise. */
function engineOf({ engine: { name, threads, instructionSet } }: RunConfig): EngineOptions {
  const engine = ENGINE_NAMES.find((known) => known === name) ?? 'auto';
  return engine === 'reference' ? { engine } : { engine, threads, instructionSet };
}
