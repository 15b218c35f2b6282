import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesInMemory } from './bytes.js';
import { DataError, type Dataset, type TableSpec, UNKNOWN } from './dataset.js';
import { type FileOptions, openDataFile } from './openFile.js';

const open = (text: string | Uint8Array, options: FileOptions = {}, name = 't.csv'): Promise<Dataset> => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return openDataFile(bytesInMemory(name, bytes), { name: 't' }, options);
};

function columnsOf({ spec }: Dataset): TableSpec['columns'] {
  if (spec.kind !== 'table') throw new Error('a table is expected');
  return spec.columns;
}

async function rowsOf(data: Dataset): Promise<number[][]> {
  const { x } = await data.read(Uint32Array.from({ length: data.size }, (_, i) => i));
  const [width] = data.spec.shape;
  return Array.from({ length: data.size }, (_, row) => [...x.subarray(row * width, (row + 1) * width)]);
}

const column = (name: string, cells: readonly (string | number)[]) => `${name}\n${cells.join('\n')}\n`;
const typeOf = async (cells: readonly (string | number)[], options: FileOptions = {}) =>
  columnsOf(await open(column('a', cells), options))[0];

test.each<[string, readonly (string | number)[], object]>([
  ['fractions are numeric', [1.5, 2, 3], { type: 'numeric' }],
  ['whole numbers below zero are numeric', [-1, 0, 5], { type: 'numeric' }],
  ['whole numbers that do not start at 0 are numeric', [21, 35, 60], { type: 'numeric' }],
  ['whole numbers from 0 are counts', [0, 3, 1, 12], { type: 'count' }],
  ['counts beyond 1,000 are numeric', [0, 3, 1001], { type: 'numeric' }],
  [
    'two whole numbers are binary, in their order',
    [10, 9, 9, 10],
    { type: 'binary', categories: ['9', '10'] },
  ],
  ['two fractions are numeric', [0.5, 1.5, 0.5], { type: 'numeric' }],
  ['1 and 1.0 are one value', ['1', '1.0', '0', '0.0'], { type: 'binary', categories: ['0', '1'] }],
  ['two words are binary', ['yes', 'no', 'yes'], { type: 'binary', categories: ['no', 'yes'] }],
  ['words are categorical', ['b', 'c', 'a', 'a'], { type: 'categorical', categories: ['a', 'b', 'c'] }],
  ['exponents and signs are numbers', ['1e3', '+2.5E-1', '.5', '-7.'], { type: 'numeric' }],
  ['hexadecimal is a word', ['0x10', '0x11', '0x12', '0x10'], { type: 'categorical' }],
])('%s', async (_, cells, expected) => {
  expect(await typeOf(cells)).toMatchObject(expected);
});

test('categories and binary values are stored by their index', async () => {
  const data = await open('a,b,c\nx,yes,5\nz,no,7\ny,no,5\nx,no,7\n');
  expect(await rowsOf(data)).toEqual([
    [0, 1, 0],
    [2, 0, 1],
    [1, 0, 0],
    [0, 0, 1],
  ]);
});

test('declared types win over inferred ones', async () => {
  const text = 'a,b,c,d\n0,1,2,x\n1,2,2,y\n2,3,4,x\n5,01,3,y\n';
  const types = { a: 'numeric', b: 'categorical', c: 'ordinal', d: 'ignore' } as const;
  const data = await open(text, { types });
  expect(columnsOf(data)).toEqual([
    { name: 'a', type: 'numeric' },
    { name: 'b', type: 'categorical', categories: ['1', '01', '2', '3'] },
    { name: 'c', type: 'ordinal', categories: ['2', '3', '4'] },
  ]);
  expect(data.notices).toEqual(["column 'd' is left out: as declared"]);
});

test('an ordinal column of words is given by its order', async () => {
  const text = column('size', ['M', 'S', 'L', 'M']);
  const data = await open(text, { types: { size: ['S', 'M', 'L', 'XL'] } });
  expect(columnsOf(data)).toEqual([{ name: 'size', type: 'ordinal', categories: ['S', 'M', 'L', 'XL'] }]);
  expect(await rowsOf(data)).toEqual([[1], [0], [2], [1]]);
});

test.each(['label', 'Class', 'target', 'Y'])('a column called %s gives the classes', async (name) => {
  const data = await open(`a,${name}\n1,cat\n2,dog\n3,cat\n4,dog\n`);
  expect(data.classes).toEqual(['cat', 'dog']);
  expect([...((await data.read([0, 1, 2, 3])).labels ?? [])]).toEqual([0, 1, 0, 1]);
  expect(columnsOf(data)).toHaveLength(1);
  expect(data.notices).toEqual([`column '${name}' gives the 2 classes; labelColumn=none makes it a feature`]);
});

test('a target of fractions, or of nearly as many values as rows, is a feature', async () => {
  expect((await open('a,target\n1,1.5\n2,2.5\n3,1.5\n')).classes).toBeUndefined();
  expect(
    (await open(`a,y\n${Array.from({ length: 30 }, (_, i) => `1.${i},${i + 5}`).join('\n')}`)).classes,
  ).toBeUndefined();
});

test('columns may be called like what every object has', async () => {
  const data = await open('constructor,toString,__proto__\n1.5,2,3\n2.5,4,9\n');
  expect(columnsOf(data).map(({ name, type }) => [name, type])).toEqual([
    ['constructor', 'numeric'],
    ['toString', 'binary'],
    ['__proto__', 'binary'],
  ]);
});

test('labelColumn names the classes, or says that there are none', async () => {
  const text = 'a,kind,label\n1,u,0\n2,v,1\n3,u,0\n';
  const named = await open(text, { labelColumn: 'kind' });
  expect(named.classes).toEqual(['u', 'v']);
  expect(columnsOf(named).map(({ name }) => name)).toEqual(['a', 'label']);
  const none = await open(text, { labelColumn: 'none' });
  expect(none.classes).toBeUndefined();
  expect(columnsOf(none)).toHaveLength(3);
});

test('words that are all different name the rows', async () => {
  const data = await open('name,a\nann,1\nbob,2\ncid,4\n');
  expect([0, 1, 2].map((index) => data.idOf(index))).toEqual(['ann', 'bob', 'cid']);
  expect(columnsOf(data)).toHaveLength(1);
  expect(data.notices).toEqual(["column 'name' names the rows and is no feature"]);
});

test('a column that is called an id goes before words that are all different', async () => {
  const data = await open('name,id,a\nann,7,1\nbob,9,2\ncid,8,4\n');
  expect(data.idOf(1)).toBe('9');
  expect(data.notices).toEqual([
    "column 'id' names the rows and is no feature",
    "column 'name' is left out: its values are all different",
  ]);
});

test("a data frame's index, a first column without a name, names the rows", async () => {
  const data = await open(',a\n0,1.5\n1,2.5\n2,4\n');
  expect(columnsOf(data).map(({ name }) => name)).toEqual(['a']);
  expect(data.idOf(2)).toBe('2');
});

test('an id that repeats is a column like others', async () => {
  expect(columnsOf(await open('id,a\n1,1\n1,2\n2,4\n')).map(({ name }) => name)).toEqual(['id', 'a']);
});

test('rows without a name are numbered from 0', async () => {
  expect((await open('a\n1\n2\n')).idOf(1)).toBe('1');
});

test('dates are left out, and name the rows where they are all different', async () => {
  const data = await open('day,a\n2020-01-31,1\n2020-01-31,2\n2020-02-01 10:30,4\n');
  expect(data.notices).toEqual(["column 'day' is left out: it holds dates"]);
  expect((await open('day,a\n2020-01-30,1\n2020-01-31,2\n2020-02-01,4\n')).idOf(0)).toBe('2020-01-30');
});

test('words of which most are different are left out', async () => {
  const words = Array.from({ length: 40 }, (_, i) => `${i % 2},note ${i % 30}`);
  const data = await open(`a,note\n${words.join('\n')}\n`);
  expect(data.notices).toEqual([
    "column 'note' is left out: it is text with 30 different values; types note=categorical keeps it",
  ]);
  expect(
    columnsOf(await open(`a,note\n${words.join('\n')}\n`, { types: { note: 'categorical' } })),
  ).toHaveLength(2);
});

test('an empty column is left out, and a constant one kept with a notice', async () => {
  const data = await open('a,b,c\n1,,5\n2,,5\n3,,5\n');
  expect(data.notices).toEqual([
    "column 'b' is left out: it is empty",
    "column 'c' has the same value in every row",
  ]);
  expect(columnsOf(data).map(({ name }) => name)).toEqual(['a', 'c']);
});

test('whole numbers that float32 rounds are told of', async () => {
  const data = await open('a\n16777217\n1\n5\n');
  expect(data.notices).toEqual(["column 'a' has whole numbers beyond 2^24, which are rounded to float32"]);
});

test.each(['', 'NA', 'n/a', 'NaN', 'nan', 'null', 'NULL', '?'])('a cell %j is missing', async (mark) => {
  await expect(open(`a,b\n1,5\n2,${mark}\n3,9\n`)).rejects.toThrow(
    /^t\.csv, line 3, column 'b': the cell is missing/,
  );
});

test('rows with missing cells are dropped and counted where that is asked for', async () => {
  const data = await open('a,b,label,note\n1,5,x,\n,6,y,\n3,,x,\n4,8,,\n5,9,y,\n', { missing: 'drop' });
  expect(await rowsOf(data)).toEqual([
    [1, 5],
    [4, 8],
    [5, 9],
  ]);
  expect([0, 1, 2].map((index) => data.idOf(index))).toEqual(['0', '3', '4']);
  expect([...((await data.read([0, 1, 2])).labels ?? [])]).toEqual([0, UNKNOWN, 1]);
  expect(data.notices).toContain('2 of 5 rows have missing cells (a 1, b 1) and are left out');
  expect(columnsOf(data).map(({ missing }) => missing)).toEqual([1, 1]);
});

test('where the cell of the class is empty, the class is not known, with a notice', async () => {
  const data = await open('a,b,label\n1,5,x\n2,6,\n3,7,y\n4,8,NA\n5,9,x\n');
  expect(data.classes).toEqual(['x', 'y']);
  expect([...((await data.read([0, 1, 2, 3, 4])).labels ?? [])]).toEqual([0, UNKNOWN, 1, UNKNOWN, 0]);
  expect(data.labelled).toEqual(Uint32Array.of(0, 2, 4));
  expect(data.notices).toContain("the class of 2 of 5 samples is not known (empty cells of column 'label')");
});

test('a missing cell in a column that is left out does no harm', async () => {
  expect((await open('a,day\n1,2020-01-01\n2,\n3,2020-01-01\n')).size).toBe(3);
});

test.each<[string, string, FileOptions, string]>([
  [
    'a missing cell',
    'a,b\n1,x\n"2",NA\n3,y\n,x\n',
    {},
    "t.csv, line 3, column 'b': the cell is missing ('NA'); missing cells by column: a 1, b 1; keep such rows with missing=mask, leave them out with missing=drop, or fill them in",
  ],
  [
    'rows that all miss a cell',
    'a,b\n1,\n,2\n',
    { missing: 'drop' },
    't.csv: every row has a missing cell, so none is left; leave out the columns that miss most (a 1, b 1) with types NAME=ignore',
  ],
  [
    'a word among numbers',
    'a\n1\n2\nabc\n3\n',
    {},
    "t.csv, line 4, column 'a': 'abc' is not a number, as 3 cells of the column are; mend it, or declare the column's type (types a=categorical) or leave it out (types a=ignore)",
  ],
  [
    'words in a column declared numeric',
    'a\nx\n2\ny\n',
    { types: { a: 'numeric' } },
    "t.csv, line 2, column 'a': 'x' is not a number (cells that are not: 2); mend them, or declare the column's type (types a=categorical) or leave it out (types a=ignore)",
  ],
  [
    'an infinite number',
    'a\n1\n-inf\n3\n',
    {},
    "t.csv, line 3, column 'a': '-inf' is not finite; replace it, or leave the cell empty if the value is unknown",
  ],
  [
    'a number beyond float32',
    'a\n1\n1e39\n2.5\n',
    {},
    "t.csv, line 3, column 'a': 1e39 is beyond what float32 holds (about 3.4e38); scale the column",
  ],
  [
    'a ragged row',
    'a,b\n1,2\n"x\ny",2,3\n',
    {},
    "t.csv, line 3: has 3 cells where the table has 2 columns; mend the line, and put cells that contain ',' in quotes",
  ],
  [
    'a declared column that is not there',
    'a,b\n1,2\n',
    { types: { c: 'numeric' } },
    "t.csv: there is no column 'c'; there are a, b",
  ],
  [
    'a label column that is not there',
    'a,b\n1,2\n',
    { labelColumn: 'c' },
    "t.csv: there is no column 'c'; there are a, b",
  ],
  [
    'labels that are no classes',
    'a,b\n1,2.5\n2,3.5\n',
    { labelColumn: 'b' },
    "t.csv, column 'b': its values cannot be classes, which are words or whole numbers and at most 1000; choose another column, or labelColumn=none",
  ],
  [
    'a count below zero',
    'a\n1\n-2\n',
    { types: { a: 'count' } },
    "t.csv, line 3, column 'a': '-2' is not a count, which is a whole number from 0; declare the column numeric (types a=numeric)",
  ],
  [
    'three binary values',
    'a\n1\n2\n3\n',
    { types: { a: 'binary' } },
    "t.csv, column 'a': it has 3 different values, and binary is for two; declare it categorical (types a=categorical)",
  ],
  [
    'an ordinal column of words without their order',
    'a\nS\nM\nL\n',
    { types: { a: 'ordinal' } },
    "t.csv, column 'a': its values are words; give them in order, as in types a=L:M:S",
  ],
  [
    'a value that is not in its order',
    'a\nS\nM\nXS\n',
    { types: { a: ['S', 'M'] } },
    "t.csv, column 'a': its value 'XS' is not in the order S:M; add it there",
  ],
  ['a header without rows', 'a,b\n', {}, 't.csv: has a header but no rows; give at least one'],
  ['an empty file', '', {}, 't.csv: is empty; give a file with data'],
  ['blank lines alone', '\n\n', {}, 't.csv: is empty; give a file with a row of names and rows of values'],
  [
    'a column named twice',
    'a,b,a\n1,2,3\n',
    {},
    "t.csv: the header names the column 'a' twice; rename one, or say header=false if the first line is data",
  ],
  [
    'no column to learn from',
    'id,day\n1,2020-01-01\n2,2020-01-01\n3,2020-01-01\n',
    {},
    "t.csv: no column is left to learn from (column 'id' names the rows and is no feature; column 'day' is left out: it holds dates); declare types to keep some",
  ],
  [
    'a delimiter of two characters',
    'a,b\n',
    { delimiter: '::' },
    "t.csv: the delimiter '::' is not one character such as ',' or ';'",
  ],
  [
    'an option for pictures',
    'a\n1\n',
    { range: [0, 1] },
    't.csv: the option range has no effect on a CSV table; leave it out',
  ],
])('%s is refused in words', async (_, text, options, message) => {
  await expect(open(text, options)).rejects.toThrow(new DataError(message));
});

test.each([
  [';', 'a;b\n1;2\n3;4\n'],
  ['\t', 'a\tb\n1\t2\n3\t4\n'],
  ['|', 'a|b\n1|2\n3|4\n'],
  [',', 'a,b\n"1;2;3",2\n"3;4;5",4\n'],
  [';', '1,5;2\n2,5;3\n'],
])('the delimiter %j is found out', async (_, text) => {
  expect(columnsOf(await open(text, {}, 't.txt'))).toHaveLength(2);
});

test('a given delimiter and header are used', async () => {
  const data = await open('1:2\n3:4\n', { delimiter: ':', header: true });
  expect(columnsOf(data).map(({ name }) => name)).toEqual(['1', '2']);
});

test('a first line of numbers is no header', async () => {
  const data = await open('1,2\n3,4\n5,7\n');
  expect(data.size).toBe(3);
  expect(columnsOf(data).map(({ name }) => name)).toEqual(['column 1', 'column 2']);
  expect(data.notices).toEqual(['the first line is not a header, so columns are named by their number']);
});

test('a decimal comma is understood where the delimiter is another', async () => {
  const data = await open('a;b\n1,5;x\n-2,25;y\n3;x\n');
  expect(await rowsOf(data)).toEqual([
    [1.5, 0],
    [-2.25, 1],
    [3, 0],
  ]);
  expect(data.notices).toEqual(['numbers are read with a decimal comma']);
});

test('a table that is read like another has its columns, types, categories and classes', async () => {
  const first = await open(
    'id,a,n,colour,flag,label\nr1,0,0,red,1.0,x\nr2,1,2,blue,0.0,y\nr3,2.5,7,green,1.0,x\nr4,3,1,red,0.0,y\n',
  );
  const other = await open('label,more,flag,colour,n,a\ny,5,1,blue,3,0\ny,6,1,blue,3,1\n', { like: first });
  expect(other.spec).toEqual(first.spec);
  expect(other.classes).toEqual(first.classes);
  expect(await rowsOf(other)).toEqual([
    [0, 3, 0, 1],
    [1, 3, 0, 1],
  ]);
  expect([...((await other.read([0, 1])).labels ?? [])]).toEqual([1, 1]);
});

test('what was ignored, and the labels, may be missing in a table that is read like another', async () => {
  const options: FileOptions = { types: { b: 'ignore' }, labelColumn: 'kind' };
  const like = await open('a,b,kind\n1.5,2,u\n2,3,v\n3,5,u\n', options);
  const other = await open('a\n7\n8\n9\n', { ...options, like });
  expect(await rowsOf(other)).toEqual([[7], [8], [9]]);
  expect(other.classes).toBeUndefined();
});

test.each([
  [
    'a,colour\n1,pink\n',
    "t.csv, column 'colour': its value 'pink' is none of blue, red; leave out the rows that have it",
  ],
  ['a\n1\n', "t.csv: there is no column 'colour'; there are a"],
  [
    'a,colour\nx,red\n',
    "t.csv, line 2, column 'a': 'x' is not a number (cells that are not: 1); mend them, or declare the column's type (types a=categorical) or leave it out (types a=ignore)",
  ],
  [
    'a,colour,label\n1,red,z\n',
    "t.csv, column 'label': the class 'z' is none of u, v; leave out the samples that have it",
  ],
  [
    'a,colour\n,red\n',
    "t.csv, line 2, column 'a': the cell is missing; missing cells by column: a 1; fill them in, or leave such rows out with missing=drop",
  ],
])('%j cannot be read like another table, and the error says why', async (text, message) => {
  const like = await open('a,colour,label\n1.5,red,u\n2,blue,v\n3,red,u\n5,blue,v\n');
  await expect(open(text, { like })).rejects.toThrow(message);
});

test('byte order marks are dropped, and UTF-16 is read by its mark', async () => {
  const utf8 = Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode('ä,b\n1,2\n2,4\n')]);
  expect(columnsOf(await open(utf8))[0].name).toBe('ä');
  const utf16 = Uint8Array.from([0xff, 0xfe, ...[...'ä,b\n1,2\n2,4\n'].flatMap((c) => [c.charCodeAt(0), 0])]);
  expect(columnsOf(await open(utf16))[0].name).toBe('ä');
});

test('bytes that are no text are refused in words', async () => {
  await expect(open(Uint8Array.of(0x61, 0x0a, 0xff, 0xfe, 0xfa))).rejects.toThrow(
    new DataError('t.csv: is not UTF-8 text; save it as CSV in UTF-8'),
  );
});

test('a table cut short anywhere is either a shorter table or refused in words', async () => {
  const whole = new TextEncoder().encode(
    'id,a,b,c\n1,0.5,x,"q, r"\n2,1.5,y,"s"\n3,2.25,x,"q, r"\n4,3,y,"s"\n',
  );
  for (let length = 0; length < whole.length; length++) {
    const outcome = await open(whole.subarray(0, length)).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DataError);
  }
});

test('numbers written to a table come back as float32', async () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), async (rows) => {
      const types = { a: 'numeric', b: 'numeric' } as const;
      const data = await open(`a,b\n${rows.map((row) => row.join(',')).join('\n')}\n`, { types });
      // Text knows no −0.
      expect(await rowsOf(data)).toEqual(rows.map((row) => row.map((number) => number + 0)));
    }),
  );
});
