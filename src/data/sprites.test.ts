import { expect, test } from 'vitest';
import { sprites } from './sprites.js';

const SIDE = 64;
const data = sprites();
const factors = data.factors ?? [];
const sizes = factors.map(({ values }) => values.length);

function indexOf(digits: readonly number[]): number {
  return digits.reduce((index, digit, i) => index * sizes[i] + digit, 0);
}

async function picture(...digits: number[]): Promise<Uint8Array | Float32Array> {
  return (await data.read([indexOf([0, ...digits])])).x;
}

/** Number of white pixels and their centre of mass, in pixels from the corner of the picture. */
function moments(x: ArrayLike<number>): { area: number; right: number; down: number } {
  let [area, right, down] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    area += x[i];
    right += x[i] * ((i % SIDE) + 0.5);
    down += x[i] * (Math.floor(i / SIDE) + 0.5);
  }
  return { area, right: right / area, down: down / area };
}

test('factors, their values and the order of the images are those of dSprites', async () => {
  expect(data.size).toBe(737_280);
  expect(factors.map(({ name }) => name)).toEqual(['color', 'shape', 'scale', 'orientation', 'posX', 'posY']);
  expect(sizes).toEqual([1, 3, 6, 40, 32, 32]);
  expect(factors[2].values.map((value) => value.toFixed(3))).toEqual([
    '0.500',
    '0.600',
    '0.700',
    '0.800',
    '0.900',
    '1.000',
  ]);
  expect(factors[3].values[0]).toBe(0);
  expect(factors[3].values[39]).toBe(2 * Math.PI);
  expect(factors[3].values[1]).toBeCloseTo((2 * Math.PI) / 39, 12);
  expect(factors[4].values[31]).toBe(1);
  expect(data.factorsOf?.(0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(data.factorsOf?.(1)).toEqual([0, 0, 0, 0, 0, 1]);
  expect(data.factorsOf?.(737_279)).toEqual([0, 2, 5, 39, 31, 31]);
  for (const index of [0, 31, 32, 1023, 1024, 40_959, 40_960, 245_760, 500_000]) {
    expect(indexOf(data.factorsOf?.(index) ?? [])).toBe(index);
  }
});

test('labels are the shapes', async () => {
  const { labels } = await data.read([0, 245_760, 2 * 245_760]);
  expect(data.classes).toEqual(['square', 'ellipse', 'heart']);
  expect([...(labels ?? [])]).toEqual([0, 1, 2]);
});

test('pixels are 0 and 1, and the range says so', async () => {
  const x = await picture(1, 3, 7, 4, 20);
  expect(new Set(x)).toEqual(new Set([0, 1]));
  expect(data.spec).toMatchObject({ shape: [64, 64, 1], dtype: 'uint8', range: [0, 1] });
});

// A polygon's or ellipse's pixels are counted by their centres, so the count is off by about the root of the outline's length.
test('all shapes have the area (17.36 · scale)² and turn about their centre of mass', async () => {
  for (let shape = 0; shape < 3; shape++) {
    for (let scale = 0; scale < 6; scale++) {
      for (const orientation of [0, 5, 13, 22, 31]) {
        const { area, right, down } = moments(await picture(shape, scale, orientation, 10, 20));
        const exact = (17.36 * factors[2].values[scale]) ** 2;
        expect(Math.abs(area - exact)).toBeLessThan(0.08 * exact);
        expect(Math.hypot(right - (16.7 + 10), down - (16.8 + 20))).toBeLessThan(0.4);
      }
    }
  }
});

test('as many pixels are white as in dSprites, whose mean is 0.0425', async () => {
  const indices = Array.from({ length: 3600 }, (_, i) => i * 204 + 2);
  const { area } = moments((await data.read(indices)).x);
  expect(Math.abs(area / (indices.length * SIDE * SIDE) / 0.0425 - 1)).toBeLessThan(0.03);
});

test('a step in posX or posY moves the picture by one pixel, right or down', async () => {
  const start = await picture(2, 5, 17, 8, 9);
  const moved = await picture(2, 5, 17, 11, 14);
  const shifted = new Uint8Array(start.length);
  shifted.set(start.subarray(0, start.length - (5 * SIDE + 3)), 5 * SIDE + 3);
  expect(moved).toEqual(shifted);
});

test('no shape touches the frame, wherever it is', async () => {
  for (let shape = 0; shape < 3; shape++) {
    for (let orientation = 0; orientation < 40; orientation++) {
      for (const [posX, posY] of [
        [0, 0],
        [31, 31],
        [0, 31],
        [31, 0],
      ]) {
        const x = await picture(shape, 5, orientation, posX, posY);
        const frame = x.filter(
          (_, i) => i < SIDE || i >= SIDE * (SIDE - 1) || i % SIDE === 0 || i % SIDE === SIDE - 1,
        );
        expect(frame.some((value) => value > 0)).toBe(false);
      }
    }
  }
});

test('the square of orientation 0 is a square along the axes, and its pixels are known', async () => {
  const x = await picture(0, 0, 0, 0, 0);
  // Half a side is 4.34 pixels about (16.7, 16.8): pixel centres 12.5 to 20.5.
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const isWhite = row >= 12 && row <= 20 && column >= 12 && column <= 20;
      expect(x[row * SIDE + column]).toBe(isWhite ? 1 : 0);
    }
  }
});

test('the ellipse at orientation 0 lies along x, and a quarter turn on it stands', async () => {
  const spread = async (orientation: number) => {
    const x = await picture(1, 5, orientation, 15, 15);
    const columns = new Set([...x.keys()].filter((i) => x[i] > 0).map((i) => i % SIDE));
    const rows = new Set([...x.keys()].filter((i) => x[i] > 0).map((i) => Math.floor(i / SIDE)));
    return [columns.size, rows.size];
  };
  // Axes of 24.2 and 2 · 17.36² / (24.2 π / 2) = 15.8 pixels; orientation 10 is 92.3 degrees.
  expect(await spread(0)).toEqual([24, 16]);
  expect(await spread(10)).toEqual([16, 24]);
});

test('the heart at orientation 0 has its point below its two bows', async () => {
  const x = await picture(2, 5, 0, 15, 15);
  const widths = Array.from({ length: SIDE }, (_, row) =>
    Array.from(x.subarray(row * SIDE, (row + 1) * SIDE)).reduce((sum, value) => sum + value, 0),
  );
  const rows = widths.flatMap((width, row) => (width > 0 ? [row] : []));
  expect(widths[rows[rows.length - 1]]).toBeLessThan(4);
  const top = Array.from(x.subarray(rows[0] * SIDE, (rows[0] + 1) * SIDE))
    .join('')
    .replace(/^0+|0+$/g, '');
  expect(top).toMatch(/^1+0+1+$/);
});

test('shapes turn clockwise as seen, by the angle of the orientation', async () => {
  const angleOf = async (orientation: number) => {
    const x = await picture(1, 5, orientation, 15, 15);
    const { right, down } = moments(x);
    let [xx, xy, yy] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const [dx, dy] = [(i % SIDE) + 0.5 - right, Math.floor(i / SIDE) + 0.5 - down];
      xx += x[i] * dx * dx;
      xy += x[i] * dx * dy;
      yy += x[i] * dy * dy;
    }
    return Math.atan2(2 * xy, xx - yy) / 2;
  };
  for (const orientation of [0, 1, 3, 6, 9]) {
    expect(await angleOf(orientation)).toBeCloseTo((2 * Math.PI * orientation) / 39, 1);
  }
});

test('every picture differs from every other, but for the last orientation, which is the first again', async () => {
  const seen = new Set<string>();
  for (let shape = 0; shape < 3; shape++) {
    for (let scale = 0; scale < 6; scale++) {
      for (let orientation = 0; orientation < 39; orientation++) {
        seen.add((await picture(shape, scale, orientation, 16, 16)).join(''));
      }
      expect(await picture(shape, scale, 39, 16, 16)).toEqual(await picture(shape, scale, 0, 16, 16));
    }
  }
  expect(seen.size).toBe(3 * 6 * 39);
});

test('a sample that there is not is refused', async () => {
  await expect(data.read([737_280])).rejects.toThrow(
    'sprites: there is no sample 737280; its samples are 0 to 737279',
  );
});
