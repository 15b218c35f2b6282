import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lossCurves } from './lossCurves.js';
import { apart } from './plot.js';
import { toSvg } from './svg.js';

const linesOf = (y: readonly number[]) => {
  const x = y.map((_, i) => i);
  const svg = toSvg(lossCurves({ terms: [{ name: 'loss', series: [{ label: 'train', x, y }] }] }));
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
};

test('a gap in the values is a gap in the line, and a value alone is a dot', () => {
  expect(linesOf([1, 2, 3, 4]).length).toBe(1);
  expect(linesOf([1, 2, Number.NaN, 3, 4]).map((line) => line.length)).toEqual([2, 2]);
  expect(linesOf([1, Number.NaN, 3, 4]).map((line) => line.length)).toEqual([2]);
});

test('a constant is a level line, within the axes', () => {
  const [line] = linesOf([7, 7, 7]);
  expect(new Set(line.map(([, y]) => y)).size).toBe(1);
});

test('a fall from far above is cut off, so that what follows is seen', () => {
  const values = Array.from({ length: 100 }, (_, i) => (i < 3 ? 1000 : 100 + Math.sin(i)));
  const [line] = linesOf(values);
  const late = line.filter((_, i) => i > line.length / 2).map(([, y]) => y);
  expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(50);
});

test('many values are drawn faintly under their means, which the label states', () => {
  const y = Array.from({ length: 2000 }, (_, i) => 5 + (i % 2));
  const x = y.map((_, i) => i);
  const svg = toSvg(lossCurves({ terms: [{ name: 'loss', series: [{ label: 'train', x, y }] }] }));
  expect(svg).toContain('opacity="0.3"');
  // Means over windows of 41 values, or of 21 at the end, of which one more is high or low.
  expect(svg).toMatch(/>train 5\.5\d*</);
});

test('means recover from a value that exploded', () => {
  const y = Array.from({ length: 2000 }, (_, i) => (i === 100 ? 1e30 : 5 + (i % 2)));
  const x = y.map((_, i) => i);
  expect(toSvg(lossCurves({ terms: [{ name: 'loss', series: [{ label: 'train', x, y }] }] }))).toMatch(
    />train 5\.5\d*</,
  );
});

test('labels keep their order and their distance, and stay near where they belong', () => {
  const heights = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(heights, (wanted) => {
      const placed = apart(wanted, 14, [0, 200]);
      const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
      for (let k = 1; k < order.length; k++) {
        expect(placed[order[k]] - placed[order[k - 1]]).toBeGreaterThanOrEqual(14 - 1e-9);
      }
      expect(Math.min(...placed)).toBeGreaterThanOrEqual(-1e-9);
      expect(Math.max(...placed)).toBeLessThanOrEqual(200 + 1e-9);
    }),
  );
  expect(apart([50, 100], 14, [0, 200])).toEqual([50, 100]);
});

test('a term without steps for its values is refused', () => {
  const series = [{ label: 'train', x: [0], y: [1, 2] }];
  expect(() => lossCurves({ terms: [{ name: 'kl', series }] })).toThrow(
    "lossCurves: 'train' of term 'kl' has 1 steps and 2 values; give as many of each",
  );
  expect(() => lossCurves({ terms: [] })).toThrow('lossCurves: there is no term to draw');
});
