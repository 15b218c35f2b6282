import { expect, test } from 'vitest';
import { glyphs } from './glyphs.js';
import { contentHash } from './hash.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('a glyph is the same picture on every machine', async () => {
  const { x } = await glyphs().read(range(0, 2000));
  expect(contentHash(x)).toBe('afbad9cc50cdf0db');
});

test('a glyph depends on its number alone, not on what is read with it', async () => {
  const data = glyphs({ size: 3000 });
  const { x } = await data.read(range(0, 300));
  for (const index of [299, 7, 120]) {
    expect((await data.read([index])).x).toEqual(x.slice(index * PIXELS, (index + 1) * PIXELS));
  }
});

test('every digit comes equally often, and its label is its digit', async () => {
  const data = glyphs({ size: 1000 });
  const { labels = [] } = await data.read(range(0, 1000));
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]++;
  expect(counts).toEqual(new Array(10).fill(100));
  expect(data.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
});

test('no glyph is empty or full, none touches the border, and no two are alike', async () => {
  const count = 5000;
  const { x } = await glyphs().read(range(0, count));
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const picture = x.subarray(i * PIXELS, (i + 1) * PIXELS);
    const ink = Array.from(picture).reduce((sum, level) => sum + level, 0) / 255;
    expect(ink).toBeGreaterThan(12);
    expect(ink).toBeLessThan(PIXELS / 2);
    for (let k = 0; k < SIDE; k++) {
      const border = [k, (SIDE - 1) * SIDE + k, k * SIDE, k * SIDE + SIDE - 1];
      expect(border.map((at) => picture[at])).toEqual([0, 0, 0, 0]);
    }
    seen.add(contentHash(picture));
  }
  expect(seen.size).toBe(count);
});

test('a glyph looks most like glyphs of its own digit', async () => {
  const data = glyphs();
  const known = await data.read(range(0, 3000));
  const asked = await data.read(range(10_000, 10_300));
  let right = 0;
  for (let i = 0; i < 300; i++) {
    let [nearest, least] = [-1, Infinity];
    for (let j = 0; j < 3000; j++) {
      let distance = 0;
      for (let p = 0; p < PIXELS && distance < least; p++) {
        distance += (asked.x[i * PIXELS + p] - known.x[j * PIXELS + p]) ** 2;
      }
      if (distance < least) [nearest, least] = [j, distance];
    }
    if (known.labels?.[nearest] === asked.labels?.[i]) right++;
  }
  expect(right / 300).toBeGreaterThan(0.95);
});

test('a number that is no size, and a sample that there is not, are refused', async () => {
  expect(() => glyphs({ size: 0 })).toThrow('glyphs: 0 is not a number of samples');
  await expect(glyphs({ size: 10 }).read([10])).rejects.toThrow('glyphs: there is no sample 10');
});
