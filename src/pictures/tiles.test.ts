/** Samples that are no pictures, as images: strips of frames, plots of rows, clouds from three sides. */
import { expect, test } from 'vitest';
import { cloudSides, cloudsAtAnAngle } from './cloudSides.js';
import type { Image } from './image.js';
import { imagesOf, picturesOf } from './pictures.js';
import { sparklines } from './sparklines.js';
import { stripsOf } from './strip.js';

const levelAt = ({ data, width }: Image, x: number, y: number) => data[4 * (y * width + x)];
/** Columns and rows of the darkest pixels. */
function inked(image: Image, darkerThan = 200): { columns: number[]; rows: number[] } {
  const columns = new Set<number>();
  const rows = new Set<number>();
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (levelAt(image, x, y) >= darkerThan) continue;
      columns.add(x);
      rows.add(y);
    }
  }
  return { columns: [...columns], rows: [...rows] };
}
const middle = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('a strip shows the frames of a sequence from left to right', () => {
  const frames = { data: Uint8Array.of(10, 20, 30, 40, 50, 60), shape: [6, 1, 1, 1] as const };
  const [first, second] = stripsOf(frames, 3);
  const cell = (first.width + 1) / 3;
  for (const [strip, levels] of [
    [first, [10, 20, 30]],
    [second, [40, 50, 60]],
  ] as const) {
    levels.forEach((level, i) => {
      expect(levelAt(strip, Math.floor((i + 0.5) * cell), 0)).toBe(level);
    });
  }
  expect(() => stripsOf(frames, 4)).toThrow('stripsOf: 6 frames are no whole number of sequences of 4');
});

test('of a long sequence a strip shows some frames, the first and the last among them', () => {
  const data = Uint8Array.from({ length: 100 }, (_, i) => i);
  const [strip] = stripsOf({ data, shape: [100, 1, 1, 1] }, 100);
  expect(levelAt(strip, 0, 0)).toBe(0);
  expect(levelAt(strip, strip.width - 1, 0)).toBe(99);
  expect(strip.width).toBeLessThanOrEqual(512);
});

test('a cloud is seen from the front, from the right and from above, its third axis up', () => {
  const [right, far, up] = cloudSides([0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.9], [1, 3]);
  const side = right.width / 3;
  /** Of each side, where the point is, as shares to the right and up. */
  const places = (image: Image) =>
    [0, 1, 2].map((i) => {
      const { columns, rows } = inked(image, 245);
      const own = columns.filter((x) => Math.floor(x / side) === i);
      return [own.length > 0 ? middle(own) / side - i : Number.NaN, 1 - middle(rows) / side];
    });
  expect(places(right)[0][0]).toBeGreaterThan(0.8);
  expect(places(right)[2][0]).toBeGreaterThan(0.8);
  expect(places(right)[1][0]).toBeCloseTo(0.5, 1);
  // The second axis goes away from the front, to the right from the right, and up from above.
  expect(places(far)[0][0]).toBeCloseTo(0.5, 1);
  expect(places(far)[1][0]).toBeGreaterThan(0.8);
  expect(inked(up, 245).rows.some((y) => y < 0.2 * side)).toBe(true);
});

test('near points are darker than far ones, and clouds in the plane have one side', () => {
  const [near, far] = cloudSides([0, -1, 0, 0, 1, 0], [1, 3]);
  const darkest = (image: Image) => {
    let least = 255;
    for (let x = 0; x < image.width / 3; x++)
      for (let y = 0; y < image.height; y++) least = Math.min(least, levelAt(image, x, y));
    return least;
  };
  expect(darkest(near)).toBeLessThan(darkest(far));
  const [plane] = cloudSides([0.5, 0.5], [1, 2]);
  expect(plane.width).toBe(plane.height);
});

test('at an angle a cloud is turned and not bent: the axes keep their lengths and right angles', () => {
  const length = 0.6;
  const images = [0, 1, 2].map((axis) => {
    const point = [0, 0, 0];
    point[axis] = length;
    const [image] = cloudsAtAnAngle(point, [1, 3]);
    expect(image.width).toBe(image.height);
    return image;
  });
  /** Where the point of each axis is seen, from the middle, in lengths of the axis. */
  const places = images.map((image) => {
    const { columns, rows } = inked(image, 245);
    const half = image.width / 2;
    const share = (pixel: number) => ((pixel + 0.5 - half) / half) * (1.08 / length);
    return { right: share(middle(columns)), up: -share(middle(rows)) };
  });
  // The rows of a rotation: of unit length, and at right angles. A pixel is a hundredth.
  const sum = (of: (place: (typeof places)[number]) => number) =>
    places.reduce((total, place) => total + of(place), 0);
  expect(sum(({ right }) => right ** 2)).toBeCloseTo(1, 1);
  expect(sum(({ up }) => up ** 2)).toBeCloseTo(1, 1);
  expect(sum(({ right, up }) => right * up)).toBeCloseTo(0, 1);
  const [first, second, third] = places;
  expect(first.right).toBeGreaterThan(0.5);
  // What lies behind is seen higher, from above.
  expect(second.up).toBeGreaterThan(0.2);
  expect(third.right).toBeCloseTo(0, 1);
  expect(third.up).toBeGreaterThan(0.8);
});

test('clouds in the plane look the same at an angle', () => {
  expect(cloudsAtAnAngle([0.5, 0.2], [1, 2])).toEqual(cloudSides([0.5, 0.2], [1, 2]));
});

test('a column of rows over time is a line, above the middle where it is above its mean', () => {
  const column = { name: 'a', type: 'numeric', mean: 10, deviation: 2 } as const;
  const [high, low] = sparklines([column], [14, 14, 14, 6, 6, 6], 3);
  const height = (image: Image) => middle(inked(image, 150).rows) / image.height;
  expect(height(high)).toBeLessThan(0.4);
  expect(height(low)).toBeGreaterThan(0.6);
});

test('images become pictures and images again', () => {
  const images = cloudSides([0.5, 0.5, 0.1, 0.1], [1, 2]);
  expect(imagesOf(picturesOf(images))).toEqual(images);
  expect(() => picturesOf([])).toThrow('pictures: there are no images');
});
