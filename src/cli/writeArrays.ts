/** Arrays into a file of the kind that its ending names: NPZ, NPY, TSV, CSV, Parquet or JSON. */
import { dirname, extname } from 'node:path';
import { encodeNpy, encodeNpz, type SampleSpec, type TableSpec } from '../data/index.js';
import { writeFileWhole } from '../node/index.js';
import { makeFolder } from '../node/runs/makeFolder.js';
import { UsageError } from './exit.js';

export interface NamedArray {
  readonly name: string;
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** The first axis counts rows. */
  readonly shape: readonly number[];
  /** What its numbers stand for: columns get these, arrays keep the numbers. */
  readonly names?: readonly string[];
}

interface TableColumn {
  readonly name: string;
  readonly cells: readonly (number | string)[];
  readonly type: 'INT32' | 'FLOAT' | 'STRING';
}

export const ARRAY_ENDINGS: readonly string[] = ['.npz', '.npy', '.tsv', '.csv', '.parquet', '.json'];

/** @throws UsageError if a file's ending names no kind of file */
export function requireArrayEnding(path: string): void {
  if (!ARRAY_ENDINGS.includes(endingOf(path)))
    throw new UsageError(`--output ${path}: end the name with one of ${ARRAY_ENDINGS.join(', ')}`);
}

/**
 * Writes arrays of one number of rows, with the rows' ids where there are any. NPY holds the first array alone.
 *
 * @throws StorageError if the file cannot be written
 */
export async function writeArrays(
  path: string,
  arrays: readonly NamedArray[],
  ids?: readonly string[],
): Promise<void> {
  const ending = endingOf(path);
  if (ending === '.npz') {
    const named = arrays.map(({ name, data, shape }) => [name, { values: data, shape }]);
    const rows = ids ? { id: { values: ids, shape: [ids.length] } } : {};
    await write(path, encodeNpz({ ...rows, ...Object.fromEntries(named) }));
  } else if (ending === '.npy') {
    await write(path, encodeNpy(arrays[0].data, arrays[0].shape));
  } else {
    await writeColumns(path, [...idColumn(ids), ...arrays.flatMap(columnsOf)]);
  }
}

export interface SampleFacts {
  readonly ids?: readonly string[];
  readonly codes?: Pick<NamedArray, 'data' | 'shape'>;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  /** Of several versions of a sample, which one each row is. */
  readonly versions?: readonly string[];
}

/** Writes samples as they are stored; rows of a table as the table was, its columns by name and categories by theirs. */
export async function writeSamples(
  path: string,
  spec: SampleSpec,
  x: Float32Array,
  { ids, codes, labels, classes, versions }: SampleFacts,
): Promise<void> {
  const count = x.length / spec.shape.reduce((product, length) => product * length, 1);
  const label: NamedArray[] = labels ? [{ name: 'label', data: labels, shape: [count], names: classes }] : [];
  const isArray = ['.npz', '.npy'].includes(endingOf(path));
  if (spec.kind !== 'table' || isArray) {
    // Levels were rounded already, so nothing is lost.
    const data = spec.dtype === 'uint8' ? Uint8Array.from(x) : x;
    const z = codes ? [{ name: 'z', data: codes.data, shape: [count, ...codes.shape] }] : [];
    return writeArrays(path, [{ name: 'x', data, shape: [count, ...spec.shape] }, ...z, ...label], ids);
  }
  const version: TableColumn[] = versions ? [{ name: 'version', cells: versions, type: 'STRING' }] : [];
  const own = tableColumns(spec, x, count);
  await writeColumns(path, [...idColumn(ids), ...version, ...own, ...label.flatMap(columnsOf)]);
}

function idColumn(ids: readonly string[] | undefined): TableColumn[] {
  return ids ? [{ name: 'id', cells: ids, type: 'STRING' }] : [];
}

function tableColumns({ columns }: TableSpec, x: Float32Array, count: number): TableColumn[] {
  return columns.map(({ name, categories }, j) => {
    const values = Array.from({ length: count }, (_, i) => x[i * columns.length + j]);
    return categories
      ? { name, cells: values.map((value) => categories[value]), type: 'STRING' }
      : { name, cells: values.map(shortest), type: 'FLOAT' };
  });
}

function endingOf(path: string): string {
  return extname(path).toLowerCase();
}

async function write(path: string, data: Uint8Array | string): Promise<void> {
  await makeFolder(dirname(path));
  await writeFileWhole(path, data);
}

/** Arrays of one number a row are a column, others one for each place in a row: `mean0`, or `x0_3` where rows have axes. */
function columnsOf({ name, data, shape: [rows, ...row], names }: NamedArray): TableColumn[] {
  const width = data.length / rows;
  const isFloat = data instanceof Float32Array;
  const type = isFloat ? 'FLOAT' : 'INT32';
  const cell = (value: number) => {
    // Of a class that is not known, the cell is empty.
    if (names) return names[value] ?? '';
    return isFloat ? shortest(value) : value;
  };
  return Array.from({ length: width }, (_, j) => ({
    name: `${name}${placeOf(j, row).join('_')}`,
    cells: Array.from({ length: rows }, (__, i) => cell(data[i * width + j])),
    type: names ? 'STRING' : type,
  }));
}

/** The element's index on each axis. */
function placeOf(element: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = element;
  for (const length of shape.toReversed()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

/** The number of fewest digits that is this one in float32: 0.1, and not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

async function writeColumns(path: string, columns: readonly TableColumn[]): Promise<void> {
  const ending = endingOf(path);
  const rows = columns[0].cells.length;
  if (ending === '.parquet') {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const columnData = columns.map(({ name, cells, type }) => ({ name, data: [...cells], type }));
    await write(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  } else if (ending === '.json') {
    const objects = Array.from({ length: rows }, (_, i) =>
      Object.fromEntries(columns.map(({ name, cells }) => [name, cells[i]])),
    );
    await write(path, JSON.stringify(objects));
  } else {
    const separator = ending === '.tsv' ? '\t' : ',';
    const line = (cells: TableColumn['cells']) =>
      `${cells.map((cell) => escaped(String(cell), separator)).join(separator)}\n`;
    const lines = Array.from({ length: rows }, (_, i) => line(columns.map(({ cells }) => cells[i])));
    await write(path, line(columns.map(({ name }) => name)) + lines.join(''));
  }
}

/** A cell as CSV readers take it back (RFC 4180). */
function escaped(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
