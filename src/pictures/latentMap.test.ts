import { expect, test } from 'vitest';
import { latentMap, latentMaps } from './latentMap.js';
import type { PointColors } from './legend.js';
import { toImage } from './raster.js';
import { toSvg } from './svg.js';

const grid = (count: number) => ({
  data: Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i / 2 : (i * 7) % 11)),
  count,
  dimensions: 2,
});

test('codes of two dimensions keep their names; of more, the title says how much two components explain', () => {
  expect(toSvg(latentMap({ codes: grid(50) }))).toMatch(/>z0<.*>z1</s);
  // All variance lies along one direction.
  const line = {
    data: Float64Array.from({ length: 300 }, (_, i) => Math.floor(i / 3)),
    count: 100,
    dimensions: 3,
  };
  const svg = toSvg(latentMap({ codes: line }));
  expect(svg).toContain('The two principal components explain 100% of the variance of 3 dimensions.');
  expect(svg).toContain('first component, 100% of the variance');
});

test('what is not shown is counted', () => {
  const codes = grid(1000);
  codes.data[0] = Number.NaN;
  codes.data[10] = 1e9;
  expect(toSvg(latentMap({ codes }))).toContain('1,000 samples. Not shown: 1 far outside, 1 not finite.');
});

test('points have the colours of their classes, and those of no class are grey', () => {
  const codes = { data: [0, 0, 10, 0, 0, 10], count: 3, dimensions: 2 };
  const colors: PointColors = { kind: 'class', labels: [0, 1, -1], classes: ['a', 'b'] };
  const { data } = toImage(latentMap({ codes, colors }));
  const reddest = (test: (r: number, g: number, b: number) => boolean) => {
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (test(data[i], data[i + 1], data[i + 2])) count++;
    return count;
  };
  expect(reddest((r, _, b) => b > r + 80)).toBeGreaterThan(20);
  expect(reddest((r, _, b) => r > b + 80)).toBeGreaterThan(20);
});

test('a hundred thousand points are drawn', () => {
  const figure = latentMap({ codes: grid(100_000) });
  expect(toImage(figure).width).toBe(Math.ceil(figure.width * 2));
});

test('a legend with too many classes ends with their number', () => {
  const classes = Array.from({ length: 40 }, (_, i) => `class ${i}`);
  const svg = toSvg(
    latentMap({ codes: grid(40), colors: { kind: 'class', labels: classes.map((_, i) => i), classes } }),
  );
  expect(svg).toContain('class 24<');
  expect(svg).not.toContain('class 25<');
  expect(svg).toContain('and 15 more');
});

test('no codes, and colours that are not one for each, are refused', () => {
  expect(() => latentMap({ codes: { data: [], count: 0, dimensions: 2 } })).toThrow(
    'latentMap: there are no codes',
  );
  expect(() =>
    latentMap({ codes: grid(3), colors: { kind: 'value', name: 'error', values: [1, 2] } }),
  ).toThrow('latentMap: 2 colours for 3 codes; give one for each');
});

const classes = ['even', 'odd'];
const byClass = (count: number): PointColors => ({
  kind: 'class',
  labels: Array.from({ length: count }, (_, i) => i % 2),
  classes,
});
const texts = (svg: string) => [...svg.matchAll(/>([^<>\n]+)<\/text>/g)].map(([, text]) => text);

test('maps of several models have their names, axes of their own, and one legend', () => {
  const long = {
    data: Float64Array.from({ length: 150 }, (_, i) => Math.sin(i * i)),
    count: 50,
    dimensions: 3,
  };
  const maps = [
    { name: 'AE', codes: grid(50) },
    { name: 'VAE', codes: long },
  ];
  const said = texts(toSvg(latentMaps({ maps, colors: byClass(50) })));
  for (const once of ['AE', 'VAE', 'z0', ...classes, 'The same 50 samples in each.'])
    expect(said.filter((text) => text === once)).toEqual([once]);
  expect(said.some((text) => text.startsWith('first component'))).toBe(true);
});

test.each([
  [1, [1]],
  [2, [2]],
  [3, [3]],
  [5, [3, 2]],
])('%d maps stand in rows of %j', (count, rows) => {
  const maps = Array.from({ length: count }, (_, i) => ({ name: `run ${i}`, codes: grid(20) }));
  const tops: number[] = [];
  latentMaps({ maps }).draw({
    rect() {},
    line() {},
    dot() {},
    text() {},
    image: (_, { top }) => tops.push(top),
  });
  expect([...new Set(tops)].map((top) => tops.filter((each) => each === top).length)).toEqual(rows);
});

test('maps of other samples than the first one’s are refused', () => {
  expect(() => latentMaps({ maps: [] })).toThrow('latentMaps: there are no maps to draw; give at least one');
  const maps = [
    { name: 'AE', codes: grid(5) },
    { name: 'VAE', codes: grid(6) },
  ];
  expect(() => latentMaps({ maps })).toThrow(
    'latentMaps: AE has codes of 5 samples and another map of 6; give those of the same samples',
  );
  expect(() => latentMaps({ maps: maps.slice(0, 1), colors: byClass(4) })).toThrow(
    'latentMaps: 4 colours for 5 codes; give one for each',
  );
});
