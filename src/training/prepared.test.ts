import { expect, test } from 'vitest';
import { numericTable } from '../conformance/models.js';
import { hideLabels } from '../data/index.js';
import { memoryDataset } from '../data/memory.js';
import { prepareData } from './index.js';

/** A hundred rows (i, 2i), of which the last ten are the test set. */
const dataset = memoryDataset({
  name: 'rows',
  spec: numericTable(2),
  x: Float32Array.from({ length: 200 }, (_, i) => (i >> 1) * (1 + (i % 2))),
  labels: Int32Array.from({ length: 100 }, (_, i) => i % 4),
  classes: ['a', 'b', 'c', 'd'],
  testSize: 10,
});

const firsts = (x: Uint8Array | Float32Array) => Array.from(x).filter((_, i) => i % 2 === 0);

test('the description has the classes, and the size and moments of the training part', async () => {
  const { description, split } = await prepareData(dataset);
  expect(description.classes).toBe(4);
  expect(description.size).toBe(split.train.size);
  expect(split.train.size + split.validation.size + split.test.size).toBe(100);
  const rows = Array.from({ length: split.train.size }, (_, i) => split.train.at(i));
  const mean = rows.reduce((a, b) => a + b, 0) / rows.length;
  const deviation = Math.sqrt(rows.reduce((sum, row) => sum + (row - mean) ** 2, 0) / rows.length);
  const { spec } = description;
  if (spec.kind !== 'table') throw new Error('rows: the data are a table');
  expect(spec.columns[0].mean).toBeCloseTo(mean, 9);
  expect(spec.columns[1].deviation).toBeCloseTo(2 * deviation, 9);
});

test('moments that were measured before are taken as they are', async () => {
  const spec = numericTable(2);
  expect((await prepareData(dataset, spec)).description.spec).toBe(spec);
});

test('every epoch goes through the training part once, in an order of its own', async () => {
  const { ordered, split } = await prepareData(dataset);
  const size = split.train.size;
  const { x, labels } = await ordered(1).read(0, 2 * size);
  const [first, second] = [firsts(x).slice(0, size), firsts(x).slice(size)];
  const rows = Array.from({ length: size }, (_, i) => split.train.at(i)).sort((a, b) => a - b);
  for (const epoch of [first, second]) expect([...epoch].sort((a, b) => a - b)).toEqual(rows);
  expect(second).not.toEqual(first);
  expect(Array.from(labels ?? [])).toEqual(firsts(x).map((row) => row % 4));
});

test('the order goes on from any position as if it had been read from the start', async () => {
  const { ordered, split } = await prepareData(dataset);
  const whole = firsts((await ordered(5).read(0, 3 * split.train.size)).x);
  const at = split.train.size - 7;
  expect(firsts((await ordered(5).read(at, 20)).x)).toEqual(whole.slice(at, at + 20));
  expect(firsts((await ordered(6).read(0, 40)).x)).not.toEqual(whole.slice(0, 40));
});

test('the samples of a part are read by their position in it', async () => {
  const { source, split } = await prepareData(dataset);
  const part = source(split.test);
  expect(part.size).toBe(10);
  expect(firsts((await part.read(2, 3)).x)).toEqual([92, 93, 94]);
});

test('labelled samples have an order of their own, through those of the training part whose class is known', async () => {
  const few = await hideLabels(dataset, 8);
  const { ordered, description, split } = await prepareData(few);
  expect(description.hasUnknown).toBe(true);
  const { x, labels = [] } = (await ordered(1).readLabelled?.(0, 16)) ?? { x: new Float32Array() };
  const drawn = firsts(x);
  expect(new Set(drawn.slice(0, 8)).size).toBe(8);
  expect([...drawn.slice(0, 8)].sort()).toEqual([...drawn.slice(8)].sort());
  drawn.forEach((index, i) => {
    expect(labels[i]).toBe(index % 4);
  });
  const training = new Set(Array.from({ length: split.train.size }, (_, i) => split.train.at(i)));
  for (const index of drawn) expect(training.has(index)).toBe(true);
});
