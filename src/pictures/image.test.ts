import { expect, test } from 'vitest';
import { Coverage } from '../data/strokes.js';
import { Image } from './image.js';

const pixel = ({ data, width }: Image, x: number, y: number) => [
  ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
];

test('a box is filled as far as it lies inside', () => {
  const image = new Image(4, 3).fill({ left: -5, top: 1, width: 7, height: 9 }, [1, 2, 3]);
  expect(pixel(image, 1, 1)).toEqual([1, 2, 3, 255]);
  expect(pixel(image, 2, 1)).toEqual([0, 0, 0, 0]);
  expect(pixel(image, 1, 0)).toEqual([0, 0, 0, 0]);
});

test('half of a colour over another is their mean, and over nothing is half there', () => {
  const box = { left: 0, top: 0, width: 1, height: 1 };
  const over = new Image(1, 1).fill(box, [200, 0, 100]).fill(box, [100, 50, 0], 0.5);
  expect(pixel(over, 0, 0)).toEqual([150, 25, 50, 255]);
  expect(pixel(new Image(1, 1).fill(box, [100, 50, 0], 0.5), 0, 0)).toEqual([100, 50, 0, 128]);
});

test('ink is painted where it covers the pixels', () => {
  const coverage = new Coverage(3, 3);
  coverage.stroke([-9, 1.5, 9, 1.5], 0.5);
  const image = new Image(3, 3).tint(coverage, 0, 1, [7, 8, 9]);
  expect(pixel(image, 1, 2)).toEqual([7, 8, 9, 255]);
  expect(pixel(image, 1, 1)[3]).toBe(0);
});

test('an enlarged image repeats each of its pixels as a square', () => {
  const small = new Image(2, 2, Uint8Array.from([1, 2, 3, 4].flatMap((level) => [level, 0, 0, 255])));
  const large = new Image(8, 8).draw(small, { left: 1, top: 1, width: 6, height: 6 });
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 6; x++) {
      expect(pixel(large, x + 1, y + 1)[0]).toBe(1 + Math.floor(x / 3) + 2 * Math.floor(y / 3));
    }
  }
});

test('a size that is none, and bytes that do not fill it, are refused', () => {
  expect(() => new Image(0, 3)).toThrow('image: 0 × 3 is not a size');
  expect(() => new Image(2, 2, new Uint8Array(5))).toThrow('image: 2 × 2 pixels have 16 bytes, not 5');
});
