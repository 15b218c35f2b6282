import { expect, test } from 'vitest';
import { type FilterGridOptions, filterGrid } from './filterGrid.js';
import type { Pictures } from './pictures.js';
import { toSvg } from './svg.js';

/** Filters of one pixel each. */
const pixels = (...weights: number[]): Pictures => ({
  data: Float32Array.from(weights),
  shape: [weights.length, 1, 1, 1],
});

/** Levels of the first pixel of each picture, and the places of the pictures. */
function drawn(options: FilterGridOptions): { levels: number[]; places: (readonly [number, number])[] } {
  const levels: number[] = [];
  const places: (readonly [number, number])[] = [];
  filterGrid(options).draw({
    rect() {},
    line() {},
    dot() {},
    text() {},
    image: (image, { left, top }) => {
      levels.push(image.data[0]);
      places.push([left, top]);
    },
  });
  return { levels, places };
}

test('0 is grey, and black and white are as far from it, on one scale for all models', () => {
  const { levels } = drawn({ filters: [{ weights: pixels(0, 2, -2) }, { weights: pixels(1, -1, 0) }] });
  expect(levels).toEqual([128, 255, 0, 191, 64, 128]);
  expect(toSvg(filterGrid({ filters: [{ weights: pixels(0, 2, -1) }] }))).toContain(
    'Grey is 0, white 2 and more, black −2 and less.',
  );
});

test('filters that are all 0 are grey', () => {
  expect(drawn({ filters: [{ weights: pixels(0, 0) }] }).levels).toEqual([128, 128]);
});

test('a weight far beyond all others does not leave them grey', () => {
  const data = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i));
  data[3] = 1000;
  const { levels } = drawn({ filters: [{ weights: { data, shape: [100, 2, 2, 1] } }] });
  expect(Math.max(...levels)).toBeGreaterThan(240);
});

test('each model has full rows of its own under its name, as many units as all of them have', () => {
  const weights = (count: number) => pixels(...Array.from({ length: count }, (_, i) => i - 20));
  const options = {
    filters: [
      { name: 'k = 10', weights: weights(40) },
      { name: 'k = 25', weights: weights(100) },
    ],
    count: 50,
  };
  const { places } = drawn(options);
  // Two rows of 16 out of the 40 that both have.
  expect(places.length).toBe(64);
  expect(new Set(places.map(([left]) => left)).size).toBe(16);
  expect(new Set(places.map(([, top]) => top)).size).toBe(4);
  const svg = toSvg(filterGrid(options));
  expect([...svg.matchAll(/>(k = \d+)<\/text>/g)].map(([, name]) => name)).toEqual(['k = 10', 'k = 25']);
});

test('no filters, and filters of different sizes, are refused', () => {
  expect(() => filterGrid({ filters: [] })).toThrow('filterGrid: there are no filters to show');
  const wide: Pictures = { data: new Float32Array(4), shape: [2, 1, 2, 1] };
  expect(() => filterGrid({ filters: [{ weights: pixels(1, 2) }, { weights: wide }] })).toThrow(
    'filterGrid: filters of 1×1×1 and of 1×2×1 cannot share a figure; draw them apart',
  );
});
