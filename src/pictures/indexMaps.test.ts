import { expect, test } from 'vitest';
import type { Image } from './image.js';
import { codebookGrid, indexMapsGrid } from './indexMaps.js';
import type { Figure } from './surface.js';

/** The images of a figure, in the order in which they are drawn. */
function imagesIn(figure: Figure): Image[] {
  const images: Image[] = [];
  figure.draw({ rect() {}, line() {}, dot() {}, text() {}, image: (image) => images.push(image) });
  return images;
}

const pixel = ({ data, width }: Image, x: number, y: number) =>
  data.slice(4 * (y * width + x), 4 * (y * width + x) + 3).join();
const grey = (count: number, level: number) =>
  ({ data: new Uint8Array(count * 64).fill(level), shape: [count, 8, 8, 1] }) as const;

/** The map of one picture, as the grid draws it. */
function mapOf(indices: readonly number[], height: number, width: number): Image {
  const [, , map] = imagesIn(
    indexMapsGrid({
      originals: grey(1, 10),
      reconstructions: grey(1, 20),
      maps: [{ name: 'codes', indices: Int32Array.from(indices), height, width }],
    }),
  );
  return map;
}

test('a map has the size of its picture, each index a box of one colour', () => {
  const map = mapOf([3, 4, 4, 3], 2, 2);
  expect([map.width, map.height]).toEqual([8, 8]);
  expect(pixel(map, 0, 0)).toBe(pixel(map, 7, 7));
  expect(pixel(map, 0, 0)).toBe(pixel(map, 3, 3));
  expect(pixel(map, 4, 3)).toBe(pixel(map, 3, 4));
  expect(pixel(map, 4, 0)).not.toBe(pixel(map, 3, 0));
});

test('64 indices have 64 colours, which do not depend on what else is in a map', () => {
  const map = mapOf(
    Array.from({ length: 64 }, (_, k) => k),
    8,
    8,
  );
  const colors = Array.from({ length: 64 }, (_, k) => pixel(map, k % 8, Math.floor(k / 8)));
  expect(new Set(colors).size).toBe(64);
  expect(pixel(mapOf([17], 1, 1), 5, 5)).toBe(colors[17]);
});

test('an entry of a codebook stands above the colour that it has in maps', () => {
  const tiles = imagesIn(codebookGrid({ entries: grey(2, 90), indices: [5, 2] }));
  for (const [i, index] of [5, 2].entries()) {
    expect([tiles[i].width, tiles[i].height]).toEqual([8, 9]);
    expect(pixel(tiles[i], 3, 7)).toBe('90,90,90');
    expect(pixel(tiles[i], 3, 8)).toBe(pixel(mapOf([index], 1, 1), 0, 0));
  }
});
