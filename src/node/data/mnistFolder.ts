/** IDX files that belong together by their names, as MNIST and its likes are given out: images and labels, train and test. */
import { join } from 'node:path';
import {
  arrayDataset,
  type ByteSource,
  DataError,
  type Dataset,
  type Identity,
  joinArrays,
  type Likeness,
  openIdx,
  type Range,
  type StoredArray,
} from '../../data/index.js';
import { fileSource } from './fileSource.js';

export interface MnistOptions {
  /** Stored values of black and full intensity. @default judged by the values */
  range?: Range;
  /** Data that these are to be read like. */
  like?: Likeness;
  /** Bytes of samples held in memory; more are read when they are asked for. @default 512 MiB */
  cacheBytes?: number;
}

/** Paths of the images and labels of a set, the training part first. */
export interface MnistFiles {
  readonly images: readonly string[];
  readonly labels: readonly string[];
}

const trainPattern = /^(.*[-_./])?train[-_.]images[-_.]idx3[-_.]ubyte$/i;

/**
 * The files of a set among those of a folder, if there is one.
 *
 * @throws DataError if there are several sets
 */
export function findMnist(folder: string, files: readonly string[]): MnistFiles | undefined {
  // Archives are often kept beside what was unpacked from them.
  const names = new Set(files.map((file) => file.replace(/\.gz$/i, '')));
  const sets = [...names].filter((name) => trainPattern.test(name));
  if (sets.length === 0) return undefined;
  if (sets.length > 1) {
    throw new DataError(
      `${folder}: holds several data sets (${sets.join(', ')}); give the path of one of these files`,
    );
  }
  const images = ['train', 't10k', 'test'].flatMap((part) => {
    const file = withGzip(files, sets[0].replace(/train(?=[-_.]images)/i, part));
    return file === undefined ? [] : [file];
  });
  const pair = images.slice(0, 2);
  const labels = pair.flatMap((file) => labelFileOf(files, file) ?? []);
  return { images: pair, labels: labels.length === pair.length ? labels : [] };
}

/** The file of the labels that belong to a file of images, if it is there. */
export function labelFileOf(files: readonly string[], images: string): string | undefined {
  if (!/images[-_.]idx3/i.test(images)) return undefined;
  return withGzip(files, images.replace(/images([-_.])idx3/i, 'labels$1idx1'));
}

/** The file of this name, packed or not. */
function withGzip(files: readonly string[], name: string): string | undefined {
  const bare = name.replace(/\.gz$/i, '');
  return [name, bare, `${bare}.gz`].find((candidate) => files.includes(candidate));
}

/** @throws DataError if a file is no IDX file, is cut short, or images and labels do not fit */
export async function openMnist(
  folder: string,
  { images, labels }: MnistFiles,
  identity: Identity,
  options: MnistOptions = {},
): Promise<Dataset> {
  const sources: ByteSource[] = [];
  const release = async () => {
    await Promise.all(sources.map((source) => source.close()));
  };
  const openAll = async (files: readonly string[]): Promise<StoredArray[]> => {
    const arrays: StoredArray[] = [];
    for (const file of files) {
      const source = await fileSource(join(folder, file));
      sources.push(source);
      arrays.push(await openIdx(source));
    }
    return arrays;
  };
  try {
    const [pictures, classes] = [await openAll(images), await openAll(labels)];
    for (const [i, { name, shape }] of classes.entries()) {
      const [count] = pictures[i].shape;
      if (shape[0] !== count) {
        throw new DataError(
          `${name}: has ${shape[0]} labels for the ${count} pictures of ${pictures[i].name}; fetch both again`,
        );
      }
    }
    return await arrayDataset(await joinArrays(pictures), identity, {
      ...options,
      labels: classes.length > 0 ? await joinArrays(classes) : undefined,
      testSize: pictures.length > 1 ? pictures[1].shape[0] : undefined,
      notices: classes.length > 0 ? [] : ['there are no files with labels beside the images'],
      release,
    });
  } catch (error) {
    await release();
    throw error;
  }
}
