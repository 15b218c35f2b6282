/** Arrays into a file of the kind that its ending names: NPZ, NPY, TSV, CSV, Parquet or JSON. */
import { extname } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { encodeNpy, encodeNpz, type TableSpec } from '../data/index.js';
import { writeFileWhole } from '../node/index.js';
import { UsageError } from './errors.js';

export interface NamedArray {
  readonly name: string;
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** The first axis counts rows. */
  readonly shape: readonly number[];
}

type Cell = number | string;

interface TableColumn {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export const ARRAY_ENDINGS = ['.npz', '.npy', '.tsv', '.csv', '.parquet', '.json'];

/**
 * Writes arrays of one number of rows. NPY holds the first alone; the kinds with columns begin with the rows' ids.
 *
 * @throws UsageError if the ending names no kind of file
 */
export async function writeArrays(
  path: string,
  arrays: readonly NamedArray[],
  ids: readonly string[],
): Promise<void> {
  const ending = requireEnding(path);
  if (ending === '.npz') {
    await writeFileWhole(
      path,
      encodeNpz(Object.fromEntries(arrays.map(({ name, data, shape }) => [name, { values: data, shape }]))),
    );
  } else if (ending === '.npy') {
    await writeFileWhole(path, encodeNpy(arrays[0].data, arrays[0].shape));
  } else {
    await writeColumns(path, ending, [{ name: 'id', cells: ids }, ...arrays.flatMap(columnsOf)]);
  }
}

/** Writes rows of a table as the table was: its columns by name, categories by theirs. */
export async function writeTable(
  path: string,
  { columns, shape }: TableSpec,
  x: Float32Array | Uint8Array,
): Promise<void> {
  const ending = requireEnding(path);
  const rows = x.length / columns.length;
  if (ending === '.npz' || ending === '.npy') {
    return writeArrays(path, [{ name: 'x', data: x, shape: [rows, ...shape] }], []);
  }
  const table = columns.map(({ name, categories }, j): TableColumn => {
    const cells = Array.from({ length: rows }, (_, i) => x[i * columns.length + j]);
    return { name, cells: categories ? cells.map((cell) => categories[cell] ?? cell) : cells };
  });
  await writeColumns(path, ending, table);
}

function requireEnding(path: string): string {
  const ending = extname(path).toLowerCase();
  if (!ARRAY_ENDINGS.includes(ending))
    throw new UsageError(`--output ${path}: end the name with one of ${ARRAY_ENDINGS.join(', ')}`);
  return ending;
}

function columnsOf({ name, data, shape: [rows] }: NamedArray): TableColumn[] {
  const width = data.length / rows;
  return Array.from({ length: width }, (_, j) => ({
    name: width === 1 ? name : `${name}${j}`,
    cells: Array.from({ length: rows }, (__, i) => data[i * width + j]),
  }));
}

async function writeColumns(path: string, ending: string, columns: readonly TableColumn[]): Promise<void> {
  const rows = columns[0].cells.length;
  if (ending === '.parquet') {
    const columnData = columns.map(({ name, cells }) => ({
      name,
      data: cells.map((cell) => cell),
      type: cells.every((cell) => typeof cell === 'number') ? ('DOUBLE' as const) : ('STRING' as const),
    }));
    await writeFileWhole(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  } else if (ending === '.json') {
    const objects = Array.from({ length: rows }, (_, i) =>
      Object.fromEntries(columns.map(({ name, cells }) => [name, cells[i]])),
    );
    await writeFileWhole(path, JSON.stringify(objects));
  } else {
    const separator = ending === '.tsv' ? '\t' : ',';
    const line = (cells: readonly Cell[]) =>
      `${cells.map((cell) => escaped(String(cell), separator)).join(separator)}\n`;
    const lines = Array.from({ length: rows }, (_, i) => line(columns.map(({ cells }) => cells[i])));
    await writeFileWhole(path, line(columns.map(({ name }) => name)) + lines.join(''));
  }
}

/** A cell as CSV readers take it back (RFC 4180). */
function escaped(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
