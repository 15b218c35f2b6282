import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvReader } from './csvReader.js';
import { DataError } from './dataset.js';

interface Line {
  cells: string[];
  line: number;
}

/** Records of a text that arrives in pieces of some length. */
function read(text: string, { delimiter = ',', piece = text.length } = {}): Line[] {
  const records: Line[] = [];
  const reader = new CsvReader('t.csv', delimiter, (cells, line) => records.push({ cells, line }));
  for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
  reader.end();
  return records;
}

const cellsOf = (text: string, delimiter = ',') => read(text, { delimiter }).map(({ cells }) => cells);

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r1,2\r',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['"a ""b""",c', [['a "b"', 'c']]],
  ['"x,y"\n', [['x,y']]],
  ['"two\nlines",1', [['two\nlines', '1']]],
  ['"two\r\nlines",1', [['two\nlines', '1']]],
  [
    'a,,\n,,',
    [
      ['a', '', ''],
      ['', '', ''],
    ],
  ],
  ['a, "b, c" ,d', [['a', 'b, c', 'd']]],
  [' a ,\tb', [['a', 'b']]],
  ['5" disk,1', [['5" disk', '1']]],
  ['""', [['']]],
  [
    '"",""\n"x",""',
    [
      ['', ''],
      ['x', ''],
    ],
  ],
  ['a\n\n  \nb\n', [['a'], ['b']]],
  ['', []],
])('%j is cut into its cells', (text, cells) => {
  expect(cellsOf(text)).toEqual(cells);
});

test('a tab as delimiter is no space', () => {
  expect(cellsOf('a\t\t"b\tc"\t', '\t')).toEqual([['a', '', 'b\tc', '']]);
});

test('lines are counted as an editor does', () => {
  const text = 'a,b\r\n"1\n2",3\n\n4,5\r\n"6",\n7,8';
  expect(read(text).map(({ line }) => line)).toEqual([1, 2, 5, 6, 7]);
});

const cell = fc.oneof(fc.string(), fc.stringMatching(/^[a-z",\r\n ;\t]{0,6}$/)).map((text) => text.trim());

test('it does not matter where a text is cut into pieces', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab",\r\n]{0,30}$/), fc.integer({ min: 1, max: 5 }), (text, piece) => {
      const attempt = (length: number) => {
        try {
          return read(text, { piece: length });
        } catch (error) {
          return String(error);
        }
      };
      expect(attempt(piece)).toEqual(attempt(text.length + 1));
    }),
    { numRuns: 2000 },
  );
});

test('written tables come back, and another parser reads them alike', () => {
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.constantFrom(',', ';', '\t'), (table, delimiter) => {
      const text = table
        .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter))
        .join('\r\n');
      const plain = table.map((row) => row.map((value) => value.replace(/\r\n?/g, '\n').trim()));
      expect(cellsOf(text, delimiter)).toEqual(plain);
      const other: string[][] = parse(text, { delimiter, relax_column_count: true });
      expect(other.map((row) => row.map((value) => value.replace(/\r\n?/g, '\n').trim()))).toEqual(plain);
    }),
  );
});

test.each([
  [
    'a,b\n1,"x\ny\n',
    't.csv, line 2: a quote is opened and never closed; close it, or double it within a cell',
  ],
  [
    'a,b\n"1\n2","x',
    't.csv, line 3: a quote is opened and never closed; close it, or double it within a cell',
  ],
  ['"a" b,c', 't.csv, line 1: text follows a closing quote; double the quotes within a cell'],
])('%j is refused in words', (text, message) => {
  expect(() => read(text)).toThrow(new DataError(message));
});

test('a record that never ends is refused before it fills the memory', () => {
  const reader = new CsvReader('t.csv', ',', () => {});
  const piece = 'x'.repeat(2 ** 20);
  expect(() => {
    reader.push('a,b\n');
    for (let i = 0; i < 100; i++) reader.push(piece);
  }).toThrow('t.csv, line 2: a record goes on for more than 16777216 characters; look for a quote left open');
});
