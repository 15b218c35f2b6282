import { expect, test } from 'vitest';
import { columnHistograms } from './columnHistograms.js';
import { columnPairs } from './columnPairs.js';
import { columnReconstructions, determination } from './columnReconstructions.js';
import { toSvg } from './svg.js';

const numeric = (...names: string[]) => names.map((name) => ({ name, type: 'numeric' }) as const);

test('R² is 1 for the truth, 0 for its mean, and counts finite pairs only', () => {
  const truth = Float64Array.from([1, 2, 3, Number.NaN, 6]);
  expect(determination(truth, truth)).toBe(1);
  expect(determination(truth, new Float64Array(5).fill(3))).toBeCloseTo(0, 12);
  expect(determination(truth, Float64Array.from([1, 2, 3, 9, Number.NaN]))).toBe(1);
});

test('each column says how well it is reconstructed', () => {
  const columns = [
    ...numeric('size', 'same'),
    { name: 'kind', type: 'categorical', categories: ['a', 'b', 'c'] } as const,
  ];
  const originals = { columns, data: [1, 5, 0, 2, 5, 1, 3, 5, 2, 4, 5, 0] };
  const reconstructions = { columns, data: [1, 5, 0, 2, 4, 1, 3, 5, 0, 4, 5, 0] };
  const svg = toSvg(columnReconstructions({ originals, reconstructions }));
  expect(svg).toMatch(/>size<.*>R² 1<.*>same<.*>constant<.*>kind<.*>75% right</s);
});

test('of many columns the first are shown, and the caption says so', () => {
  const columns = numeric(...Array.from({ length: 30 }, (_, i) => `column ${i}`));
  const table = { columns, data: Float32Array.from({ length: 300 }, (_, i) => i) };
  const svg = toSvg(columnHistograms({ data: table, samples: table }));
  expect(svg).toContain('The first 24 of 30 columns.');
  expect(svg).toContain('column 23');
  expect(svg).not.toContain('column 24');
});

test('equal data and samples have histograms of equal height', () => {
  const table = { columns: numeric('x'), data: Float32Array.from({ length: 500 }, (_, i) => Math.sin(i)) };
  const svg = toSvg(columnHistograms({ data: table, samples: table }));
  const bars = [...svg.matchAll(/<rect x="\S+" y="(\S+)"[^>]*opacity="0.45"/g)].map(([, y]) => Number(y));
  const [outline] = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) => points.split(' '));
  const heights = new Set(outline.map((point) => Number(point.split(',')[1])));
  expect(bars.length).toBeGreaterThan(10);
  for (const y of bars) expect(heights.has(y)).toBe(true);
});

test('three columns have a cloud for each of their three pairs in each set', () => {
  const rows = { columns: numeric('x', 'y', 'z'), data: Float32Array.from({ length: 90 }, (_, i) => i % 7) };
  const svg = toSvg(
    columnPairs({
      sets: [
        { name: 'data', rows },
        { name: 'samples', rows },
      ],
    }),
  );
  expect(svg.match(/<image/g)?.length).toBe(6);
  for (const pair of ['y over x', 'z over x', 'z over y']) expect(svg.split(`>${pair}<`).length).toBe(3);
});

test('tables that do not fit each other are refused', () => {
  const two = { columns: numeric('a', 'b'), data: [1, 2, 3, 4] };
  const one = { columns: numeric('a'), data: [1, 2] };
  expect(() => columnHistograms({ data: two, samples: one })).toThrow(
    'columnHistograms: tables of 2 and 1 columns; give the same columns',
  );
  expect(() => columnHistograms({ data: two, samples: { ...two, data: [1, 2, 3] } })).toThrow(
    'columnHistograms: 3 values are no rows of 2 columns',
  );
  expect(() => columnReconstructions({ originals: two, reconstructions: { ...two, data: [1, 2] } })).toThrow(
    'columnReconstructions: the tables differ in their numbers of rows; give the same rows',
  );
  expect(() => columnPairs({ sets: [{ name: 'data', rows: one }] })).toThrow(
    'columnPairs: 1 columns; give two or three',
  );
  expect(() => columnPairs({ sets: [] })).toThrow(
    'columnPairs: there is no table to show; give at least one',
  );
});
