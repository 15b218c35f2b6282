/**
 * The folder of a run:
 *
 *   config.json                       what repeats it
 *   metrics.jsonl                     one record a line
 *   events.out.tfevents.*             the same for TensorBoard
 *   checkpoints/step-N.safetensors    the last two states, with everything that resuming needs
 *   checkpoints/best.safetensors      the weights that tools use
 *   pictures/  model/  report.html  summary.json
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../data/index.js';
import type { TensorData, Variable } from '../../tensor/index.js';
import type { Checkpoint, Progress, StoredTensor } from '../../training/index.js';
import { readCheckpoint, writeCheckpoint } from '../checkpointFile.js';
import { errorCode, storageError, writeJsonWhole } from '../files.js';
import { type FolderLock, lockFolder } from '../folderLock.js';
import { type RunConfig, readConfig } from './config.js';

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
  private constructor(
    readonly path: string,
    readonly config: RunConfig,
  ) {}

  /** Makes the folder of a new run. @throws DataError if something is there already, StorageError if the disk refuses */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    const folder = new RunFolder(resolve(path), config);
    try {
      await mkdir(folder.path, { recursive: true });
      if ((await readdir(folder.path)).length > 0) {
        throw new DataError(
          `${path} is not empty; choose another folder with --out, or continue the run there with vaekit resume ${path}`,
        );
      }
      await mkdir(folder.file('checkpoints'));
      await mkdir(folder.file('pictures'));
    } catch (error) {
      throw storageError('write', folder.path, error);
    }
    await writeJsonWhole(folder.file('config.json'), config);
    return folder;
  }

  /** @throws DataError if it is not a run's folder */
  static async open(path: string): Promise<RunFolder> {
    const names = await readdir(path).catch((error: unknown) => {
      throw errorCode(error) === 'ENOENT'
        ? new DataError(`there is no run ${path}; vaekit train makes one, and 'last' names the newest`)
        : storageError('read', path, error);
    });
    if (!names.includes('config.json')) {
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

  /** Keeps other processes from writing here. */
  lock(): Promise<FolderLock> {
    return lockFolder(this.path);
  }

  /** Writes a checkpoint and forgets those before the last two. */
  async saveCheckpoint({ progress, variables }: Checkpoint, state: readonly Variable[]): Promise<void> {
    const path = this.file('checkpoints', `step-${progress.step}.safetensors`);
    await writeCheckpoint(path, stored(variables, state), { progress: JSON.stringify(progress) });
    const steps = await this.#checkpointSteps();
    const old = steps.slice(0, Math.max(0, steps.length - KEPT_CHECKPOINTS));
    await Promise.all(
      old.map((step) => rm(this.file('checkpoints', `step-${step}.safetensors`), { force: true })),
    );
  }

  /** The newest checkpoint, if there is one. @throws DataError if its bytes were changed */
  async loadCheckpoint(): Promise<Checkpoint | undefined> {
    const step = (await this.#checkpointSteps()).at(-1);
    if (step === undefined) return undefined;
    const path = this.file('checkpoints', `step-${step}.safetensors`);
    const { tensors, metadata } = await readCheckpoint(path);
    return { progress: readProgress(path, metadata.progress), variables: dataOf(tensors) };
  }

  saveBest(
    weights: ReadonlyMap<string, TensorData>,
    variables: readonly Variable[],
    step: number,
    objective: number,
  ): Promise<void> {
    const path = this.file('checkpoints', 'best.safetensors');
    return writeCheckpoint(path, stored(weights, variables), {
      step: String(step),
      objective: String(objective),
    });
  }

  /** The weights that tools use: the best ones, or else those of the newest checkpoint. */
  async loadWeights(): Promise<Map<string, TensorData>> {
    const best = await this.loadBest();
    if (best) return best;
    const checkpoint = await this.loadCheckpoint();
    if (!checkpoint)
      throw new DataError(`${this.path} holds no weights yet; train it first: vaekit resume ${this.name}`);
    return new Map(checkpoint.variables);
  }

  async loadBest(): Promise<Map<string, TensorData> | undefined> {
    const names = await readdir(this.file('checkpoints'));
    if (!names.includes('best.safetensors')) return undefined;
    return dataOf((await readCheckpoint(this.file('checkpoints', 'best.safetensors'))).tensors);
  }

  async #checkpointSteps(): Promise<number[]> {
    const names = await readdir(this.file('checkpoints')).catch((error: unknown) => {
      throw storageError('read', this.file('checkpoints'), error);
    });
    return names
      .flatMap((name) => CHECKPOINT_NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
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

function dataOf(tensors: ReadonlyMap<string, StoredTensor>): Map<string, TensorData> {
  return new Map(Array.from(tensors, ([name, { data }]) => [name, data]));
}

function readProgress(path: string, text: string | undefined): Progress {
  try {
    return progressSchema.parse(JSON.parse(text ?? ''));
  } catch {
    throw new DataError(
      `checkpoint ${path} does not say how far the run had come; go on from another checkpoint of the run`,
    );
  }
}
