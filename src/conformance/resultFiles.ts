/** Files that the command line has written, read by other means than those that wrote them. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { unzipSync } from 'fflate';
import { parquetReadObjects } from 'hyparquet';

export interface ReadArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

const ELEMENTS: Readonly<Record<string, (view: DataView, i: number) => number>> = {
  '|u1': (view, i) => view.getUint8(i),
  '<i4': (view, i) => view.getInt32(4 * i, true),
  '<f4': (view, i) => view.getFloat32(4 * i, true),
};

/** Arrays of an NPZ file by name, or the one of an NPY file as `array`. */
export async function readArrays(path: string): Promise<Record<string, ReadArray>> {
  const bytes = new Uint8Array(await readFile(path));
  if (extname(path) === '.npy') return { array: readNpy(bytes) };
  return Object.fromEntries(
    Object.entries(unzipSync(bytes)).map(([name, npy]) => [name.replace(/\.npy$/, ''), readNpy(npy)]),
  );
}

function readNpy(bytes: Uint8Array): ReadArray {
  const start = 10 + bytes[8] + 256 * bytes[9];
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const [, dtype, inner] = /'descr': '(.*?)'.*'shape': \((.*?)\)/.exec(header) ?? [];
  const shape = inner.split(',').filter(Boolean).map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const width = dtype.startsWith('<U') ? Number(dtype.slice(2)) : undefined;
  const element = width === undefined ? ELEMENTS[dtype] : (_: DataView, i: number) => wordAt(view, i, width);
  return { dtype, shape, values: Array.from({ length: count }, (_, i) => element(view, i)) };
}

function wordAt(view: DataView, i: number, width: number): string {
  const letters = Array.from({ length: width }, (_, j) => view.getUint32(4 * (i * width + j), true));
  return String.fromCodePoint(...letters.filter((letter) => letter !== 0));
}

/** Rows of a CSV, TSV, Parquet or JSON file; cells that are written like numbers are numbers. */
export async function readRows(path: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(path);
  switch (extname(path)) {
    case '.parquet':
      return parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    case '.json':
      return JSON.parse(bytes.toString('utf8'));
    default:
      return parse(bytes, {
        columns: true,
        delimiter: extname(path) === '.tsv' ? '\t' : ',',
        cast: (cell) => (cell !== '' && Number.isFinite(Number(cell)) ? Number(cell) : cell),
      });
  }
}
