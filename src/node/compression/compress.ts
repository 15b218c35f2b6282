/** Samples as the bytes of their indices under a prior, and back: what `vaekit compress` and `decompress` do. */
import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import { DataError } from '../../data/index.js';
import type { SampleSource } from '../../evaluation/index.js';
import {
  type CodingOptions,
  decodeIndices,
  encodeIndices,
  type IndexModel,
  splitMaps,
} from '../../priors/index.js';
import { type CodeMap, type Model, OptionError } from '../../systems/index.js';
import { concat, sizeOf, type Tensor } from '../../tensor/index.js';
import { crc32c } from '../crc32c.js';
import type { EngineInfo } from '../engines.js';
import { usePrior, weightsOf } from '../priors/fitPrior.js';
import { hashWeights, priorNames } from '../priors/store.js';
import type { LoadedRun } from '../runs/load.js';
import { version } from '../version.js';
import { type Container, HASH_BYTES, readContainer, writeContainer } from './container.js';

/** All indices alike, as the system's own prior has them. */
export const UNIFORM = 'uniform';
/** Priors over indices by how well they usually know them. */
const BEST_FIRST = ['pixelsnail', 'pixelcnn', 'unigram'];

export interface CompressRequest extends CodingOptions {
  /** One that is fitted, or `uniform`. @default the best one that is fitted and knows no classes */
  readonly prior?: string;
  /** Of the samples, where they are files. */
  readonly names?: readonly string[];
}

export interface Compressed {
  /** The whole file. */
  readonly bytes: Uint8Array;
  readonly prior: string;
  /** Of `bytes`, what the indices take. */
  readonly codeBytes: number;
  /** Mean squared error of each sample once it is decompressed, over its numbers as models see them. */
  readonly squaredErrors: Float32Array;
}

/**
 * @throws OptionError if the run's codes are not made of indices alone, samples need classes, or the prior does not fit
 * @throws DataError if there is nothing to compress
 */
export async function compress(
  run: LoadedRun,
  source: SampleSource,
  { prior: asked, names = [], ...options }: CompressRequest = {},
): Promise<Compressed> {
  requireIndices(run);
  if (source.size === 0) throw new DataError('there is no sample to compress; give some');
  const prior = await chosenPrior(run, asked);
  const { rows, squaredErrors } = await indicesOf(run, source);
  const checksum = crc32c(new Uint8Array(rows.buffer));
  const codes = await encodeIndices(run.engine, prior.model, rows, source.size, options);
  const { model, folder, engine } = run;
  const bytes = writeContainer({
    weights: await weightsHash(run),
    prior: prior.hash,
    priorName: prior.name,
    run: folder.name,
    engine: describe(engine.info),
    count: source.size,
    size: rows.length / source.size,
    shape: model.runner.data.spec.shape,
    checksum,
    names,
    codes,
  });
  return { bytes, prior: prior.name, codeBytes: codes.length, squaredErrors };
}

export interface Decompressed extends Pick<Container, 'count' | 'names' | 'priorName'> {
  /** Joined indices, [count, size]. */
  readonly indices: Int32Array;
  /** Samples as they are stored, [count, ...shape]. */
  read(start: number, count: number): Promise<Float32Array>;
}

/**
 * @param path  of the file, for messages
 * @throws DataError if the bytes are damaged, made by another run or prior, or not to be read by this engine
 */
export async function decompress(
  run: LoadedRun,
  bytes: Uint8Array,
  path: string,
  options: CodingOptions = {},
): Promise<Decompressed> {
  const file = readContainer(bytes, path);
  const { folder, model, engine } = run;
  if (!isSame(file.weights, await weightsHash(run)))
    throw new DataError(
      `${path} was made by other weights than ${folder.path} has; name the run that made it, which was called ${file.run}`,
    );
  const maps = requireIndices(run);
  const prior = await chosenPrior(run, file.priorName);
  if (!isSame(file.prior, prior.hash))
    throw new DataError(
      `${path} was made with another ${file.priorName} than ${folder.path} has now; restore that prior, as nothing else reads the file`,
    );
  const { count, size, names, priorName } = file;
  if (size !== maps.reduce((sum, { shape }) => sum + sizeOf(shape), 0))
    throw new DataError(`${path} was changed: its samples have ${size} indices; restore it from a copy`);
  const indices = await decodeIndices(engine, prior.model, file.codes, { count, size }, options);
  if (crc32c(new Uint8Array(indices.buffer)) !== file.checksum)
    throw new DataError(
      `${path} cannot be read here: its probabilities were computed by ${file.engine}, and those of ${describe(engine.info)} differ in their last bits; use the same engine on the same kind of machine`,
    );
  const read = async (start: number, some: number) => {
    const values = Float32Array.from(indices.subarray(start * size, (start + some) * size));
    const { x } = await model.runner.mapCodes('decompress', { values, shape: [size] }, (code, _, context) => {
      const { discrete, decode } = context.model;
      if (!discrete) throw new Error('decompress: the model has no indices to look up');
      const codes = discrete.lookup(splitMaps(code.cast('int32'), maps));
      return { x: context.data.fromModel(decode(codes)) };
    });
    return x;
  };
  return { count, names, priorName, indices, read };
}

/** Samples whose indices are computed at a time. */
const CHUNK = 1024;

async function indicesOf(
  { model: { runner }, folder: { config } }: LoadedRun,
  source: SampleSource,
): Promise<{ rows: Int32Array; squaredErrors: Float32Array }> {
  let rows = new Int32Array(0);
  const squaredErrors = new Float32Array(source.size);
  for (let start = 0; start < source.size; start += CHUNK) {
    const count = Math.min(CHUNK, source.size - start);
    const { x } = await source.read(start, count);
    const found = await runner.mapSamples('compress', { x }, (batch, { model, data }) => {
      const indices = model.discrete?.indices(batch) ?? [];
      const code = lookup(model, indices);
      const seen = data.toModel(data.fromModel(model.decode(code)));
      const event = seen.shape.map((_, axis) => axis).slice(1);
      return {
        rows: concat(indices.map((map) => map.cast('float32').flatten())),
        // What of a code is no index would be lost.
        lost: model.encode(batch).sub(code).abs().sumOverEvent(),
        squares: seen.sub(batch.x).square().mean(event),
      };
    });
    if (found.lost.some((each) => each > 0))
      throw new OptionError(
        'system',
        `codes of ${config.system} are made of numbers beside their indices, which would be lost; compress with a vq-vae, a vq-vae-2 or a categorical-vae`,
      );
    const width = found.rows.length / count;
    if (start === 0) rows = new Int32Array(source.size * width);
    rows.set(found.rows, start * width);
    squaredErrors.set(found.squares, start);
  }
  return { rows, squaredErrors };
}

function lookup({ discrete }: Model, indices: readonly Tensor[]): Tensor {
  if (!discrete) throw new Error('compress: the model has no indices to look up');
  return discrete.lookup(indices);
}

/** @throws OptionError if codes are no indices, or depend on classes */
function requireIndices({ model: { runner }, folder: { config } }: LoadedRun): readonly CodeMap[] {
  const { discrete } = runner.build();
  if (!discrete)
    throw new OptionError(
      'system',
      `codes of ${config.system} are real numbers, and only indices are compressed; train a vq-vae, a vq-vae-2 or a categorical-vae`,
    );
  if (runner.isConditional)
    throw new OptionError(
      'system',
      `${config.system} is told the class of each sample, which is not kept; compress with one that is not`,
    );
  return discrete.maps;
}

interface ChosenPrior {
  readonly name: string;
  readonly hash: Uint8Array;
  readonly model: IndexModel;
}

async function chosenPrior(run: LoadedRun, asked: string | undefined): Promise<ChosenPrior> {
  if (asked !== undefined && asked !== UNIFORM) return fittedPrior(run, asked);
  const there = asked === UNIFORM ? [] : await priorNames(run.folder);
  for (const name of BEST_FIRST.filter((each) => there.includes(each))) {
    try {
      return await fittedPrior(run, name);
    } catch (error) {
      // One that was not asked for and does not fit is passed over.
      if (!(error instanceof OptionError)) throw error;
    }
  }
  const model = requireIndices(run).flatMap(({ shape, size }) => new Array<number>(sizeOf(shape)).fill(size));
  return { name: UNIFORM, hash: new Uint8Array(HASH_BYTES), model };
}

async function fittedPrior(run: LoadedRun, name: string): Promise<ChosenPrior> {
  const { model, fitted } = await usePrior(run, name);
  if (fitted.prior.isConditional?.(fitted.options))
    throw new OptionError(
      'prior',
      `${name} of ${run.folder.path} is told the class of each sample, which is not kept; fit it without --conditional`,
    );
  const hash = digest(`${JSON.stringify(fitted.options)}\0${hashWeights(fitted.weights)}`);
  return { name, hash, model: model.indexModel };
}

async function weightsHash(run: LoadedRun): Promise<Uint8Array> {
  return digest(hashWeights(await weightsOf(run)));
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest().subarray(0, HASH_BYTES));
}

const isSame = (a: Uint8Array, b: Uint8Array) => a.every((byte, i) => byte === b[i]);

/** What the last bits of a result depend on, as far as a person can see to it. */
function describe({ name, runtime, version: ofRuntime, instructionSet }: EngineInfo): string {
  const parts = [runtime ?? name, ofRuntime, instructionSet].filter((part) => part !== undefined);
  return `${parts.join(' ')} of vaekit ${version} on ${arch()}`;
}
