import { deflateSync, inflateSync } from 'fflate';
import { expect, test } from 'vitest';
import { pictures } from '../conformance/models.js';
import type { ImageSpec } from '../data/index.js';
import { RandomStream } from '../random/index.js';
import { pictureComplexity } from './pictureComplexity.js';

const spec = pictures(28, 28, 1) as ImageSpec;
const noise = Uint8Array.from(
  new RandomStream(5, 'noise').words(new Uint32Array(28 * 28)),
  (word) => word % 256,
);
const plain = new Uint8Array(28 * 28).fill(17);
/** Levels that rise by one from pixel to pixel and row to row: no two rows are alike, all differences are. */
const ramp = Uint8Array.from({ length: 28 * 28 }, (_, i) => 3 * (i % 28) + 2 * Math.floor(i / 28));

test('one level takes next to nothing, and noise all its bits and little more', () => {
  const [ofPlain, ofRamp, ofNoise] = pictureComplexity(spec, Uint8Array.of(...plain, ...ramp, ...noise));
  expect(ofPlain).toBeLessThan(20 * 8);
  expect(ofRamp).toBeLessThan(60 * 8);
  // DEFLATE stores what it cannot shorten, with five bytes before it.
  expect(ofNoise).toBe(8 * (28 * 28 + 5));
});

test('a picture costs no more than DEFLATE takes for its levels, and a smooth one less', () => {
  const deflated = (levels: Uint8Array) => 8 * deflateSync(levels, { level: 9 }).length;
  const [ofRamp, ofNoise] = pictureComplexity(spec, Uint8Array.of(...ramp, ...noise));
  expect(ofRamp).toBeLessThan(deflated(ramp));
  expect(ofNoise).toBe(deflated(noise));
  expect(inflateSync(deflateSync(noise, { level: 9 }))).toEqual(noise);
});

test('a range other than that of bytes is read as 256 levels of it', () => {
  const ofUnit = { ...spec, dtype: 'float32', range: [-1, 1] } as const;
  const unit = Float32Array.from(ramp, (level) => (2 * level) / 255 - 1);
  expect(pictureComplexity(ofUnit, unit)).toEqual(pictureComplexity(spec, ramp));
});

test('channels of a pixel are compared with those of the pixel beside it', () => {
  const color = pictures(28, 28, 3) as ImageSpec;
  const hues = [10, 90, 170];
  const bands = Uint8Array.from({ length: 28 * 28 * 3 }, (_, i) => {
    const [row, column] = [Math.floor(i / 84), Math.floor((i % 84) / 3)];
    return hues[i % 3] + 2 * column + row;
  });
  // Differences are the same everywhere, but for where rows begin.
  expect(pictureComplexity(color, bands)[0]).toBeLessThan(60 * 8);
  const asGrey = pictureComplexity(pictures(28, 84, 1) as ImageSpec, bands)[0];
  expect(pictureComplexity(color, bands)[0]).toBeLessThan(0.5 * asGrey);
});
