import { expect, test } from 'vitest';
import { theme } from './color.js';
import { imagesOf, type Pictures, reduced } from './pictures.js';

const pixels = (pictures: Pictures) => imagesOf(pictures).map(({ data }) => [...data]);

test('bytes are levels, floats are shares of full intensity, and what is beyond is the end', () => {
  expect(pixels({ data: Uint8Array.from([0, 77]), shape: [1, 1, 2, 1] })).toEqual([
    [0, 0, 0, 255, 77, 77, 77, 255],
  ]);
  expect(pixels({ data: Float32Array.from([-1, 0.5, 1, 3]), shape: [2, 2, 1, 1] })).toEqual([
    [0, 0, 0, 255, 128, 128, 128, 255],
    [255, 255, 255, 255, 255, 255, 255, 255],
  ]);
});

test.each([
  [2, [1, 2, 0, 255]],
  [3, [1, 2, 3, 255]],
  [4, [1, 2, 3, 4]],
  [6, [1, 2, 3, 255]],
])('of %d channels a pixel shows %j', (channels, shown) => {
  const data = Uint8Array.from({ length: channels }, (_, i) => i + 1);
  expect(pixels({ data, shape: [1, 1, 1, channels] })).toEqual([shown]);
});

test('a pixel with a channel that is not a number is shown as missing', () => {
  const data = Float32Array.from([1, Number.NaN, 0]);
  expect(pixels({ data, shape: [1, 1, 1, 3] })).toEqual([[...theme.missing, 255]]);
});

test('data that does not fill its shape is refused', () => {
  expect(() => imagesOf({ data: new Uint8Array(5), shape: [1, 2, 2, 1] })).toThrow(
    'pictures: 5 values for shape [1, 2, 2, 1], which has 4',
  );
});

test('a reduced picture has the mean of each square, and of what is left at the edge', () => {
  const [image] = imagesOf({ data: Uint8Array.from([10, 20, 90, 30, 40, 110]), shape: [1, 2, 3, 1] });
  const half = reduced(image, 2);
  expect([half.width, half.height]).toEqual([2, 1]);
  expect([half.data[0], half.data[4]]).toEqual([25, 100]);
});
