/**
 * The folder of a run:
 *
 *   config.json                       what repeats it
 *   metrics.jsonl                     one record a line
 *   events.out.tfevents.*             the same for TensorBoard
 *   checkpoints/step-N.safetensors    the last two states, with everything that resuming needs
 *   checkpoints/best.safetensors      the weights that tools use
 *   pictures/  model/  report.html
 *   summary.json                      written last: what came out of a finished run
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../data/index.js';
import type { TensorData, Variable } from '../../tensor/index.js';
import { averageName, type Checkpoint, type Progress, type StoredTensor } from '../../training/index.js';
import { readCheckpoint, writeCheckpoint } from '../checkpointFile.js';
import { errorCode, storageError, writeJsonWhole } from '../files.js';
import { type FolderLock, LOCK_FILE, lockFolder } from '../folderLock.js';
import { type RunConfig, readConfig } from './config.js';
import { makeFolder } from './makeFolder.js';

const KEPT_CHECKPOINTS = 2;
const CHECKPOINT_NAME = /^step-(\d+)\.safetensors$/;

const progressSchema = z.object({
  step: z.number().int(),
  skipped: z.number().int(),
  skippedInRow: z.number().int(),
  rollbacks: z.number().int(),
  sinceBest: z.number().int(),
  best: z.object({ step: z.number().int(), objective: z.number() }).optional(),
});

export class RunFolder {
  #lock: FolderLock | undefined;

  private constructor(
    readonly path: string,
    readonly config: RunConfig,
  ) {}

  /**
   * Makes the folder of a new run, locked.
   *
   * @param path an empty folder, or one that is not there yet
   * @throws DataError if something is in it, StorageError if the disk refuses; nothing is then left in it
   */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    const folder = new RunFolder(resolve(path), config);
    const made = await makeFolder(folder.path);
    try {
      await requireEmpty(path);
      await folder.lock();
      // Between the look and the lock, another process may have made its run here.
      await requireEmpty(path);
      await writeJsonWhole(folder.file('config.json'), config);
    } catch (error) {
      await folder.unlock();
      // Nothing is left of a run that never began; whatever holds something stays.
      for (const each of [...made, folder.path].reverse()) await rmdir(each).catch(() => {});
      throw error;
    }
    return folder;
  }

  /** @throws DataError if it is not a run's folder */
  static async open(path: string): Promise<RunFolder> {
    if (!(await namesIn(path)).includes('config.json')) {
      throw new DataError(
        `${path} is not a run: it has no config.json; name a folder that vaekit train has made`,
      );
    }
    return new RunFolder(resolve(path), await readConfig(join(path, 'config.json')));
  }

  get name(): string {
    return basename(this.path);
  }

  file(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Keeps other processes from writing here. @throws StorageError naming the process that does */
  async lock(): Promise<void> {
    this.#lock = await lockFolder(this.path);
  }

  async unlock(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** Writes a checkpoint and forgets those before the last two. */
  async saveCheckpoint({ progress, variables }: Checkpoint, state: readonly Variable[]): Promise<void> {
    const tensors = stored(variables, state);
    await makeFolder(this.#checkpoints);
    await writeCheckpoint(this.#checkpoint(progress.step), tensors, { progress: JSON.stringify(progress) });
    const old = (await this.#checkpointSteps()).slice(0, -KEPT_CHECKPOINTS);
    await Promise.all(old.map((step) => rm(this.#checkpoint(step), { force: true })));
  }

  /** The newest checkpoint, if there is one. @throws DataError if its bytes were changed */
  async loadCheckpoint(): Promise<Checkpoint | undefined> {
    const [before, step] = [undefined, ...(await this.#checkpointSteps())].slice(-2);
    if (step === undefined) return undefined;
    const remedy =
      before === undefined ? 'remove it to start anew' : `remove it to go on from the one of step ${before}`;
    const { tensors, metadata } = await readCheckpoint(this.#checkpoint(step), remedy);
    return { progress: readProgress(this.#checkpoint(step), metadata.progress), variables: dataOf(tensors) };
  }

  async saveBest(
    weights: ReadonlyMap<string, TensorData>,
    variables: readonly Variable[],
    step: number,
    objective: number,
  ): Promise<void> {
    const metadata = { step: String(step), objective: String(objective) };
    await makeFolder(this.#checkpoints);
    await writeCheckpoint(this.#best, stored(weights, variables), metadata);
  }

  /** The weights that tools use: the best ones, or else those of the newest checkpoint, averaged where averages are kept. */
  async loadWeights(): Promise<ReadonlyMap<string, TensorData>> {
    const step = (await this.#checkpointSteps()).at(-1);
    const instead = step === undefined ? 'train a new run' : `remove it to use the weights of step ${step}`;
    const best = await this.loadBest(`restore it from a copy, or ${instead}`);
    if (best) return best;
    const variables = (await this.loadCheckpoint())?.variables;
    if (variables)
      return new Map(
        Array.from(variables, ([name, data]) => [name, variables.get(averageName(name)) ?? data]),
      );
    throw new DataError(`${this.path} holds no weights yet; train it first: vaekit resume ${this.path}`);
  }

  /**
   * @param remedy what the user can do about a damaged file
   * @throws DataError if the file's bytes were changed
   */
  async loadBest(remedy: string): Promise<ReadonlyMap<string, TensorData> | undefined> {
    if (!(await this.#checkpointNames()).includes(basename(this.#best))) return undefined;
    return dataOf((await readCheckpoint(this.#best, remedy)).tensors);
  }

  get #best(): string {
    return join(this.#checkpoints, 'best.safetensors');
  }

  get #checkpoints(): string {
    return this.file('checkpoints');
  }

  #checkpoint(step: number): string {
    return join(this.#checkpoints, `step-${step}.safetensors`);
  }

  /** None where a run was stopped before its first. */
  async #checkpointNames(): Promise<string[]> {
    const hasSome = (await namesIn(this.path)).includes(basename(this.#checkpoints));
    return hasSome ? namesIn(this.#checkpoints) : [];
  }

  /** Steps of the checkpoints, ascending. */
  async #checkpointSteps(): Promise<number[]> {
    return (await this.#checkpointNames())
      .flatMap((name) => CHECKPOINT_NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }
}

async function requireEmpty(folder: string): Promise<void> {
  if ((await namesIn(folder)).every((name) => name === LOCK_FILE)) return;
  throw new DataError(
    `${folder} is not empty; choose another folder with --out, or continue the run there with vaekit resume ${folder}`,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new DataError(`there is no folder ${folder}; check the path`);
    throw storageError('read', folder, error);
  }
}

function stored(
  values: ReadonlyMap<string, TensorData>,
  variables: readonly Variable[],
): Map<string, StoredTensor> {
  return new Map(
    variables.flatMap(({ name, dtype, shape }) => {
      const data = values.get(name);
      return data ? [[name, { dtype, shape, data }] as const] : [];
    }),
  );
}

/** What training calls the average of a weight in its checkpoints. */
function dataOf(tensors: ReadonlyMap<string, StoredTensor>): Map<string, TensorData> {
  return new Map(Array.from(tensors, ([name, { data }]) => [name, data]));
}

function readProgress(path: string, text: string | undefined): Progress {
  try {
    return progressSchema.parse(JSON.parse(text ?? ''));
  } catch {
    throw new DataError(`checkpoint ${path} does not say how far the run had come; restore it from a copy`);
  }
}
