/** One file as a data set: what kind of file it is, its first bytes and its name tell. */
import type { Compressors } from 'hyparquet';
import { type ArrayReading, arrayDataset } from './arrayDataset.js';
import { type ByteSource, chunksOf } from './bytes.js';
import { CLOUD_PATTERN } from './clouds/cloudFile.js';
import { type CsvOptions, openCsv } from './csv.js';
import { DataError, type Dataset } from './dataset.js';
import { isIdx, openIdx } from './idx.js';
import { gunzipChunks, isGzip, unpacked } from './inflate.js';
import type { Identity } from './memory.js';
import { isNpy, openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { chooseArrays, type NpzOptions } from './npzChoice.js';
import { requireEffect } from './options.js';
import type { Range } from './range.js';
import { type TableOptions, tableDataset } from './table.js';
import type { TableSource } from './tableSource.js';
import { requireWindow, windowed, windowLike } from './windows.js';

export interface FileOptions extends TableOptions, CsvOptions, NpzOptions, ArrayReading {
  /** Of pictures: stored values of black and full intensity. @default judged by the values */
  range?: Range;
  /** Bytes of samples held in memory; more are read when they are asked for. @default 512 MiB */
  cacheBytes?: number;
}

/** What a file may need beside itself. */
export interface Companions {
  /** IDX file of the labels of an IDX file of samples. */
  labels?: ByteSource;
  /** Codecs of Parquet that the platform has beside SNAPPY and GZIP. */
  compressors?: Compressors;
}

interface FileKind {
  /** What messages call it. */
  readonly title: string;
  readonly reads: readonly (keyof FileOptions)[];
  recognises(source: ByteSource): Promise<boolean> | boolean;
  open(
    source: ByteSource,
    identity: Identity,
    options: FileOptions,
    companions: Companions,
  ): Promise<Dataset>;
}

const tableOptions = ['types', 'labelColumn', 'missing', 'window', 'stride'] as const;
const arrayOptions = ['range', 'kind', 'points', 'sampling', 'window', 'stride'] as const;
const textPattern = /\.(csv|tsv|tab|txt|data|dat)(\.gz)?$/i;

/** In the order in which they are tried. */
const kinds: readonly FileKind[] = [
  {
    title: 'a CSV table',
    reads: [...tableOptions, 'delimiter', 'header'],
    recognises: ({ name }) => textPattern.test(name),
    async open(source, identity, options) {
      const packed = await isGzip(source);
      const chunks = () => (packed ? gunzipChunks(source) : chunksOf(source));
      return openTable(await openCsv(source.name, chunks, options), identity, options);
    },
  },
  {
    title: 'a Parquet table',
    reads: tableOptions,
    recognises: (source) => startsWith(source, 'PAR1'),
    async open(source, identity, options, { compressors }) {
      const { openParquet } = await import('./parquet.js');
      return openTable(await openParquet(source, { compressors }), identity, options);
    },
  },
  {
    title: 'an NPZ file',
    reads: ['array', 'labels', ...arrayOptions],
    recognises: (source) => startsWith(source, 'PK'),
    async open(source, identity, options) {
      const { samples, ...found } = await chooseArrays(source.name, await openNpz(source), options);
      return arrayDataset(samples, identity, { ...readingOf(options), ...found, release: source.close });
    },
  },
  {
    title: 'an NPY file',
    reads: arrayOptions,
    recognises: isNpy,
    open: async (source, identity, options) =>
      arrayDataset(await openNpy(source), identity, { ...readingOf(options), release: source.close }),
  },
  {
    title: 'an IDX file',
    reads: arrayOptions,
    recognises: isIdx,
    async open(source, identity, options, { labels }) {
      const labelArray = labels && (await openIdx(labels));
      const notices = labels ? [`labels are read from ${labels.name}`] : [];
      const found = { labels: labelArray, notices, release: source.close };
      return arrayDataset(await openIdx(source), identity, { ...readingOf(options), ...found });
    },
  },
];

/** What of the options is about arrays. */
function readingOf({
  range,
  cacheBytes,
  like,
  kind,
  points,
  sampling,
  window,
  stride,
  missing,
}: FileOptions) {
  return { range, cacheBytes, like, kind, points, sampling, window, stride, missing };
}

/** Rows of a table, or windows over them. */
async function openTable(source: TableSource, identity: Identity, options: FileOptions): Promise<Dataset> {
  const window = windowLike(options);
  requireWindow(source.name, { ...options, window });
  if (window !== undefined && options.missing === 'drop') {
    throw new DataError(
      `${source.name}: missing=drop would make neighbours of rows that are none, which windows over time cannot have; fill the cells in, or leave out their columns with types NAME=ignore`,
    );
  }
  const table = await tableDataset(source, identity, options);
  return window === undefined ? table : windowed(table, { window, stride: options.stride });
}

/**
 * The data in a file: CSV or TSV, Parquet, NPZ, NPY or IDX; all but Parquet and NPZ packed with gzip, too. The source is
 * closed when it is not needed any more, at the latest with the data set.
 *
 * @throws DataError if the file is of no such kind or cannot be read, or an option has no effect on its kind
 */
export async function openDataFile(
  source: ByteSource,
  identity: Identity,
  options: FileOptions = {},
  companions: Companions = {},
): Promise<Dataset> {
  try {
    if (source.size === 0) throw new DataError(`${source.name}: is empty; give a file with data`);
    const inner = textPattern.test(source.name) ? source : await unpacked(source);
    const kind = await kindOf(inner);
    // NaN in arrays is as good as an empty cell; to refuse or drop it is about rows.
    const reads = [...kind.reads, 'cacheBytes', 'like', ...(options.missing === 'mask' ? ['missing'] : [])];
    requireEffect(source.name, options, reads, kind.title);
    const dataset = await kind.open(inner, identity, options, companions);
    if (kind.reads.includes('types')) await source.close();
    return dataset;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A short name for data of this file name or path, fit for a folder's name. */
export function shortName(path: string): string {
  const base = path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '');
  const bare = base.replace(/\.gz$/i, '').replace(/(?<=.)\.\w+$/, '');
  return bare.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'data';
}

async function kindOf(source: ByteSource): Promise<FileKind> {
  for (const kind of kinds) if (await kind.recognises(source)) return kind;
  const remedy = 'give CSV, TSV, Parquet, NPZ, NPY or IDX, or a folder of pictures or clouds';
  if (CLOUD_PATTERN.test(source.name))
    throw new DataError(`${source.name}: is a single cloud of points; give the folder that it is in`);
  if (await isPicture(source))
    throw new DataError(`${source.name}: is a single picture; give the folder that it is in`);
  throw new DataError(`${source.name}: is not a kind of file that is read; ${remedy}`);
}

async function isPicture(source: ByteSource): Promise<boolean> {
  const marks = ['\x89PNG', '\xff\xd8\xff', 'RIFF', 'GIF8'];
  const matches = await Promise.all(marks.map((mark) => startsWith(source, mark)));
  return matches.includes(true);
}

async function startsWith(source: ByteSource, mark: string): Promise<boolean> {
  const bytes = await source.read(0, Math.min(mark.length, source.size));
  return String.fromCharCode(...bytes) === mark;
}
