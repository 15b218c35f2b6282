/** The data that a person names: a generated set, a file, or a folder. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as zlib from 'node:zlib';
import {
  CLOUD_PATTERN,
  type Companions,
  DataError,
  type Dataset,
  type FileOptions,
  type GeneratedOptions,
  generate,
  generatedNames,
  hideLabels,
  openDataFile,
  requireEffect,
  shortName,
} from '../../data/index.js';
import { nearestName } from '../../systems/index.js';
import { errorCode, storageError } from '../files.js';
import { type CloudOptions, cloudFolder } from './cloudFolder.js';
import { fileSource } from './fileSource.js';
import { fingerprintOf } from './fingerprint.js';
import { listFiles } from './listFiles.js';
import { findMnist, labelFileOf, openMnist } from './mnistFolder.js';
import { PICTURE_KINDS, PICTURE_PATTERN } from './pictureFile.js';
import { type PictureOptions, pictureFolder } from './pictureFolder.js';

/** Options of all kinds of data. One that has no effect on the kind at hand is an error, except for `cacheBytes` and `like`. */
export interface OpenOptions extends GeneratedOptions, FileOptions, PictureOptions, CloudOptions {
  /** Keep the labels of so many samples to train on, equally many of each class, and hide the others. @default all */
  labelled?: number;
}

/**
 * Opens a generated set by its name, or a path:
 *
 *   a file      CSV, TSV, Parquet, NPZ, NPY, IDX; see `openDataFile`
 *   a folder    of the IDX files of MNIST and its likes, of pictures, see `pictureFolder`, or of clouds of points, see
 *               `cloudFolder`
 *
 * @throws DataError if there is nothing of that name, or nothing that can be read
 * @throws StorageError if the disk is in the way
 */
export async function openDataset(
  source: string,
  { labelled, ...options }: OpenOptions = {},
): Promise<Dataset> {
  const dataset = await openAll(source, options);
  if (labelled === undefined) return dataset;
  try {
    return await hideLabels(dataset, labelled);
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

const PICTURE_OPTIONS = ['imageSize', 'channels', 'strict', 'cacheBytes', 'like'];

async function openAll(source: string, given: OpenOptions): Promise<Dataset> {
  const { missing, ...rest } = given;
  // Nothing is missing in what has no cells; to keep that is no option in vain.
  const isFile = !generatedNames.includes(source) && !(await isFolder(source));
  const options = missing === 'mask' && !isFile ? rest : given;
  if (generatedNames.includes(source)) {
    const { cacheBytes: _, like: __, ...others } = options;
    return generate(source, others);
  }
  return isFile ? openFile(source, options) : openFolder(source, options);
}

async function isFolder(source: string): Promise<boolean> {
  try {
    const found = await stat(source);
    if (!found.isFile() && !found.isDirectory()) {
      throw new DataError(
        `${source} is neither a file nor a folder; write what it gives to a file, and give that`,
      );
    }
    return found.isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw nothingThere(source);
    throw storageError('read', source, error);
  }
}

function nothingThere(source: string): DataError {
  if (/[\\/.]/.test(source)) return new DataError(`there is no file or folder ${source}; check the path`);
  const nearest = nearestName(source, generatedNames);
  const remedy = nearest
    ? `did you mean '${nearest}'?`
    : `generated data sets are ${generatedNames.join(', ')}`;
  return new DataError(`there is no file, folder or generated data set '${source}'; ${remedy}`);
}

async function openFile(path: string, options: OpenOptions): Promise<Dataset> {
  const [folder, file] = [dirname(path), basename(path)];
  const labels = labelFileOf(await readdir(folder).catch(() => []), file);
  const identity = { name: shortName(file), fingerprint: await fingerprintOf(folder, [file]) };
  // One picture is nothing to learn from, and something to use a model on.
  if (PICTURE_PATTERN.test(file) && options.like) {
    const { missing, ...others } = options;
    const read = missing === 'mask' ? others : options;
    requireEffect(path, read, PICTURE_OPTIONS, 'a picture');
    return pictureFolder(folder, [file], identity, read);
  }
  const companions = {
    labels: labels === undefined ? undefined : await fileSource(join(folder, labels)),
    compressors,
  };
  try {
    return await openDataFile(await fileSource(path), identity, options, companions);
  } finally {
    await companions.labels?.close();
  }
}

async function openFolder(folder: string, options: OpenOptions): Promise<Dataset> {
  const files = await listFiles(folder);
  const mnist = findMnist(folder, files);
  const pictures = files.filter((file) => PICTURE_PATTERN.test(file));
  const areClouds = !mnist && pictures.length === 0 && holdsClouds(files);
  if (!mnist && pictures.length === 0 && !areClouds) throw nothingIn(folder, files);
  const used = mnist ? [...mnist.images, ...mnist.labels] : files;
  const identity = { name: shortName(resolve(folder)), fingerprint: await fingerprintOf(folder, used) };
  if (mnist) {
    requireEffect(folder, options, ['range', 'cacheBytes', 'like'], 'IDX files');
    return openMnist(folder, mnist, identity, options);
  }
  if (areClouds) {
    const reads = ['points', 'sampling', 'strict', 'cacheBytes', 'like'];
    requireEffect(folder, options, reads, 'a folder of clouds');
    return cloudFolder(folder, files, identity, options);
  }
  requireEffect(folder, options, PICTURE_OPTIONS, 'a folder of pictures');
  return pictureFolder(folder, files, identity, options);
}

/** Files of formats for clouds, or several arrays and no other data. */
function holdsClouds(files: readonly string[]): boolean {
  const isArray = (file: string) => /\.npy$/i.test(file);
  if (files.some((file) => CLOUD_PATTERN.test(file) && !isArray(file))) return true;
  const data = files.filter((file) => dataFilePattern.test(file));
  return data.length > 1 && data.every(isArray);
}

const dataFilePattern = /\.(csv|tsv|parquet|npz|npy)(\.gz)?$|idx\d-ubyte(\.gz)?$/i;

function nothingIn(folder: string, files: readonly string[]): DataError {
  const looked = `looked in it and its sub-folders for pictures (${PICTURE_KINDS}), clouds of points (PLY, OFF, XYZ) and train-images-idx3-ubyte`;
  if (files.length === 0) return new DataError(`${folder}: the folder is empty; ${looked}`);
  const table = files.find((file) => dataFilePattern.test(file));
  if (table !== undefined) {
    const beside = dirname(table);
    // One array of a set of clouds is a cloud, and nothing to learn from.
    if (beside !== '.' && holdsClouds(files.filter((file) => file.startsWith(`${beside}/`)))) {
      return new DataError(
        `${folder}: holds clouds of points in ${beside}, and other data beside them; give the path of that folder: ${join(folder, beside)}`,
      );
    }
    return new DataError(
      `${folder}: holds no pictures, but ${table}; give the path of that file: ${join(folder, table)}`,
    );
  }
  const named = files.slice(0, 3).join(', ') + (files.length > 3 ? ` and ${files.length - 3} more` : '');
  return new DataError(`${folder}: holds no data, only ${named}; ${looked}`);
}

/** Newer than the types of the oldest Node that is supported. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };

/** What Node unpacks itself, Zstandard from 22.15 on. */
const compressors: Companions['compressors'] = {
  BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
  ...(zstdDecompressSync && { ZSTD: zstdDecompressSync }),
};
