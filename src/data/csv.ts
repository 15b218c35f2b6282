/** CSV and TSV files as tables: their delimiter, header and decimal mark are found out where they are not given. */
import { type Cell, isMissing, numberOf } from './cells.js';
import { CsvReader } from './csvReader.js';
import { DataError } from './dataset.js';
import type { TableSource } from './tableSource.js';

export interface CsvOptions {
  /** One character. @default whichever of comma, tab, semicolon and bar cuts the first lines into equal rows */
  delimiter?: string;
  /** Whether the first line names the columns. @default yes, unless it is all numbers */
  header?: boolean;
}

/** Bytes of a file from its start, a chunk at a time; asked for once per pass. */
export type Chunks = () => AsyncIterable<Uint8Array>;

/** A comma comes last: with another delimiter it is common within cells, and the others hardly ever are. */
const DELIMITERS = ['\t', '|', ';', ','];
/** Characters and records that are looked at to find out how a file is written. */
const SAMPLE_CHARACTERS = 2 ** 16;
const SAMPLE_RECORDS = 100;

/**
 * @throws DataError if the file is empty, is not text, or its header names a column twice
 */
export async function openCsv(
  name: string,
  chunks: Chunks,
  { delimiter, header }: CsvOptions = {},
): Promise<TableSource> {
  if (
    delimiter !== undefined &&
    (delimiter.length !== 1 || delimiter === '"' || /\s/.test(delimiter.replace('\t', '')))
  ) {
    throw new DataError(`${name}: the delimiter '${delimiter}' is not one character such as ',' or ';'`);
  }
  const sample = await sampleOf(name, chunks);
  const mark = delimiter ?? guessDelimiter(name, sample);
  const records = firstRecords(name, sample, mark);
  if (records.length === 0)
    throw new DataError(`${name}: is empty; give a file with a row of names and rows of values`);
  const hasHeader = header ?? records[0].some((cell) => numberOf(cell) === undefined);
  const names = hasHeader ? headerNames(name, records[0]) : records[0].map((_, i) => `column ${i + 1}`);
  const hasDecimalComma = mark !== ',' && usesDecimalComma(records);
  const notices = [
    ...(hasHeader ? [] : ['the first line is not a header, so columns are named by their number']),
    ...(hasDecimalComma ? ['numbers are read with a decimal comma'] : []),
  ];
  return {
    name,
    header: names,
    unit: 'line',
    typed: false,
    notices,
    async scan(visit) {
      let headerIsNext = hasHeader;
      const reader = new CsvReader(name, mark, (cells, line) => {
        if (headerIsNext) {
          headerIsNext = false;
          return;
        }
        if (cells.length !== names.length) throw raggedRow(name, line, cells.length, names.length, mark);
        visit(hasDecimalComma ? cells.map(withDecimalPoint) : cells, line);
      });
      for await (const text of textOf(name, chunks)) reader.push(text);
      reader.end();
    },
  };
}

function raggedRow(name: string, line: number, found: number, wanted: number, delimiter: string): DataError {
  return new DataError(
    `${name}, line ${line}: has ${found} cells where the table has ${wanted} columns; mend the line, and put cells that contain ${delimiter === '\t' ? 'a tab' : `'${delimiter}'`} in quotes`,
  );
}

/** @throws DataError if the bytes are not UTF-8, or UTF-16 with a byte order mark */
async function* textOf(name: string, chunks: Chunks): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  const decode = (bytes: Uint8Array | undefined) => {
    try {
      decoder ??= new TextDecoder(encodingOf(bytes ?? new Uint8Array(0)), { fatal: true });
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new DataError(`${name}: is not UTF-8 text; save it as CSV in UTF-8`);
    }
  };
  for await (const bytes of chunks()) yield decode(bytes);
  yield decode(undefined);
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** The beginning of a file, up to a line's end unless it is the whole. */
async function sampleOf(name: string, chunks: Chunks): Promise<string> {
  let sample = '';
  for await (const text of textOf(name, chunks)) {
    sample += text;
    if (sample.length > SAMPLE_CHARACTERS)
      return sample.slice(0, sample.lastIndexOf('\n', SAMPLE_CHARACTERS) + 1) || sample;
  }
  return `${sample}\n`;
}

/** Records of a sample, which may end within one. */
function firstRecords(name: string, sample: string, delimiter: string): string[][] {
  const records: string[][] = [];
  new CsvReader(name, delimiter, (cells) => records.push(cells)).push(sample);
  return records.slice(0, SAMPLE_RECORDS);
}

/** The delimiter that cuts all first records into as many cells, and into most. */
function guessDelimiter(name: string, sample: string): string {
  const widths = DELIMITERS.map((delimiter) => {
    const records = attempt(() => firstRecords(name, sample, delimiter)) ?? [];
    const width = records[0]?.length ?? 0;
    return records.every((cells) => cells.length === width) ? width : 0;
  });
  const widest = Math.max(...widths);
  // Where no delimiter gives equal rows, the first line is the best witness, and the error names the ragged row.
  const firstLine = sample.slice(0, sample.search(/[\r\n]/));
  const counts = widest > 1 ? widths : DELIMITERS.map((delimiter) => firstLine.split(delimiter).length);
  const most = Math.max(...counts);
  return most > 1 ? DELIMITERS[counts.indexOf(most)] : ',';
}

/** What a function gives, or undefined if the data will not do. */
function attempt<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

function headerNames(name: string, cells: readonly string[]): string[] {
  // What a data frame writes without a name in the first column is its index.
  const names = cells.map((cell, i) => cell || (i === 0 ? 'index' : `column ${i + 1}`));
  const repeated = names.find((column, i) => names.indexOf(column) < i);
  if (repeated !== undefined) {
    throw new DataError(
      `${name}: the header names the column '${repeated}' twice; rename one, or say header=false if the first line is data`,
    );
  }
  return names;
}

const decimalComma = /^[+-]?\d+,\d+$/;
const withDecimalPoint = (cell: string): Cell => (decimalComma.test(cell) ? cell.replace(',', '.') : cell);

/** Whether some cells are numbers with a comma, and none with a point. */
function usesDecimalComma(records: readonly string[][]): boolean {
  const cells = records.flat().filter((cell) => !isMissing(cell));
  return cells.some((cell) => decimalComma.test(cell)) && !cells.some((cell) => /^[+-]?\d+\.\d+$/.test(cell));
}
