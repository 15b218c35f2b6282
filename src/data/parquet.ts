/** Parquet files as tables, a group of rows at a time. */
import { gunzipSync } from 'fflate';
import {
  type AsyncBuffer,
  type Compressors,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from 'hyparquet';
import type { ByteSource } from './bytes.js';
import type { Cell } from './cells.js';
import { DataError } from './dataset.js';
import { messageOf } from './inflate.js';
import type { TableSource } from './tableSource.js';

export interface ParquetOptions {
  /** Codecs that the platform has beside SNAPPY and GZIP. */
  compressors?: Compressors;
}

/** @throws DataError if the file is not Parquet, is damaged, or is packed with a codec that is not at hand */
export async function openParquet(
  source: ByteSource,
  { compressors = {} }: ParquetOptions = {},
): Promise<TableSource> {
  const { name } = source;
  const codecs: Compressors = { GZIP: (bytes) => gunzipSync(bytes), ...compressors };
  const file: AsyncBuffer = {
    byteLength: source.size,
    slice: async (start, end = source.size) => (await source.read(start, end)).slice().buffer,
  };
  const metadata = await guarded(name, () => parquetMetadataAsync(file));
  const header = parquetSchema(metadata).children.map(({ element }) => element.name);
  const known = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(codecs)];
  const used = metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec));
  const unknown = used.find((codec) => codec && !known.includes(codec));
  if (unknown) {
    throw new DataError(
      `${name}: is packed with ${unknown}, which cannot be read here; write it with compression snappy`,
    );
  }
  return {
    name,
    header,
    unit: 'row',
    typed: true,
    notices: [],
    async scan(visit) {
      let first = 0;
      for (const group of metadata.row_groups) {
        const end = first + Number(group.num_rows);
        let rows: unknown[][] = [];
        await guarded(name, () =>
          parquetRead({
            file,
            metadata,
            compressors: codecs,
            rowStart: first,
            rowEnd: end,
            onComplete: (all: unknown[][]) => {
              rows = all;
            },
          }),
        );
        for (const [i, row] of rows.entries()) {
          visit(
            header.map((column, c) => cellOf(row[c], `${name}, row ${first + i + 1}, column '${column}'`)),
            first + i + 1,
          );
        }
        first = end;
      }
    },
  };
}

function cellOf(value: unknown, where: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  throw new DataError(`${where}: is neither a number nor a word; leave the column out when writing the file`);
}

/** What goes wrong inside the reader goes wrong because of the file. */
async function guarded<T>(name: string, f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    throw new DataError(`${name}: cannot be read as Parquet (${messageOf(error)}); write or fetch it again`);
  }
}
