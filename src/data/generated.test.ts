import { expect, test } from 'vitest';
import { generate, generatedNames } from './generated.js';

test('every generated set has samples of its shape, and labels within its classes', async () => {
  for (const name of generatedNames) {
    const data = generate(name);
    const { x, labels } = await data.read([0, data.size - 1]);
    expect(data.name).toBe(name);
    expect(x.length).toBe(2 * data.spec.shape.reduce<number>((product, length) => product * length, 1));
    expect(labels?.every((label) => label >= 0 && label < (data.classes ?? []).length) ?? true).toBe(true);
  }
});

test.each(['two-moons', 'swiss-roll', 'oscillator', 'primitives'])(
  'a larger %s begins with the smaller one',
  async (name) => {
    const small = await generate(name, { size: 7 }).read([0, 3, 6]);
    const large = await generate(name, { size: 1000 }).read([0, 3, 6]);
    expect(large).toEqual(small);
  },
);

test.each(['two-moons', 'swiss-roll', 'oscillator', 'primitives'])(
  '%s changes with its seed, and so does its fingerprint',
  async (name) => {
    const [a, b] = [generate(name, { seed: 1 }), generate(name, { seed: 2 })];
    expect((await a.read([5])).x).not.toEqual((await b.read([5])).x);
    expect(a.fingerprint).not.toBe(b.fingerprint);
  },
);

test('the two moons are half circles of radius 1 with noise of 0.1', async () => {
  const data = generate('two-moons', { size: 4000 });
  const { x, labels = [] } = await data.read(Uint32Array.from({ length: 4000 }, (_, i) => i));
  let squares = 0;
  for (let i = 0; i < 4000; i++) {
    const [a, b] = labels[i] === 0 ? [x[2 * i], x[2 * i + 1]] : [1 - x[2 * i], 0.5 - x[2 * i + 1]];
    const distance = Math.hypot(a, b) - 1;
    expect(Math.abs(distance)).toBeLessThan(0.6);
    squares += distance ** 2;
  }
  // The distance from the circle has nearly the noise's deviation; its estimate from 4,000 is good to 0.1 / √8000.
  expect(Math.sqrt(squares / 4000)).toBeCloseTo(0.1, 2);
});

test('the swiss roll is a spiral: its radius grows with its angle', async () => {
  const data = generate('swiss-roll', { size: 500 });
  const { x } = await data.read(Uint32Array.from({ length: 500 }, (_, i) => i));
  for (let i = 0; i < 500; i++) {
    const [a, height, b] = x.subarray(3 * i, 3 * i + 3);
    const t = Math.hypot(a, b);
    expect(t).toBeGreaterThan(1.5 * Math.PI);
    expect(t).toBeLessThan(4.5 * Math.PI);
    expect(Math.cos(t) * t).toBeCloseTo(a, 3);
    expect(height).toBeGreaterThanOrEqual(0);
    expect(height).toBeLessThanOrEqual(21);
  }
});

test('a moving sprite goes one pixel in its direction in every frame, and comes back in on the other side', async () => {
  const data = generate('moving-sprites', { frames: 16, imageSize: '12' });
  const some = [0, 1, 500, 1000, data.size - 1];
  const { x } = await data.read(some);
  some.forEach((index, i) => {
    const [, , direction, posX] = data.factorsOf?.(index) ?? [];
    const pixel = (t: number, row: number, column: number) =>
      x[((i * 16 + t) * 12 + row) * 12 + ((column + 24) % 12)];
    for (let t = 0; t < 15; t++) {
      for (let at = 0; at < 144; at++) {
        const [row, column] = [Math.floor(at / 12), at % 12];
        expect(pixel(t + 1, row, column)).toBe(pixel(t, row, column - (direction === 0 ? -1 : 1)));
      }
    }
    // A sequence that starts elsewhere differs by where it starts alone.
    expect(posX).toBeLessThan(12);
  });
});

test('an oscillator repeats itself after its period, up to its noise', async () => {
  const data = generate('oscillator', { size: 400, frames: 80 });
  const { x } = await data.read(Uint32Array.from({ length: 400 }, (_, i) => i));
  let [squares, residuals] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const seen = x.subarray(80 * i, 80 * (i + 1));
    // Without noise, x_(t+1) + x_(t−1) = 2 cos ω x_t: the best cosine over the sequence leaves the noise alone.
    let [cross, own] = [0, 0];
    for (let t = 1; t < 79; t++) {
      cross += (seen[t + 1] + seen[t - 1]) * seen[t];
      own += seen[t] ** 2;
    }
    for (let t = 1; t < 79; t++) residuals += (seen[t + 1] + seen[t - 1] - (cross / own) * seen[t]) ** 2;
    squares += own;
  }
  // Amplitudes of 0.5 to 1.5: a mean square of ½ E[a²] = 0.54, and 0.01 of noise; residuals of at most
  // 6 · 0.1² + 2 · 0.02² and what the noise in x_t adds to the cosine's bias.
  expect(squares / (400 * 78)).toBeGreaterThan(0.45);
  expect(squares / (400 * 78)).toBeLessThan(0.65);
  expect(residuals / (400 * 78)).toBeLessThan(0.09);
});

/** Least squares: how far the points are from a quadric with these terms, as the largest |Σ c_j f_j − 1|. */
function quadricError(points: readonly number[][], terms: (p: readonly number[]) => number[]): number {
  const rows = points.map(terms);
  const width = rows[0].length;
  const matrix = Array.from({ length: width }, (_, i) => [
    ...Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
    rows.reduce((sum, row) => sum + row[i], 0),
  ]);
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < width; k++) {
      if (k === i) continue;
      const factor = matrix[k][i] / matrix[i][i];
      for (let j = i; j <= width; j++) matrix[k][j] -= factor * matrix[i][j];
    }
  }
  const c = matrix.map((row, i) => row[width] / row[i]);
  return Math.max(...rows.map((row) => Math.abs(row.reduce((sum, f, j) => sum + f * c[j], 0) - 1)));
}

test('points of primitives lie on their surfaces, stretched along the axes, within the unit sphere', async () => {
  const data = generate('primitives', { size: 40 });
  const { x, labels = [] } = await data.read(Uint32Array.from({ length: 40 }, (_, i) => i));
  for (let i = 0; i < 40; i++) {
    const points = Array.from({ length: 256 }, (_, j) => [
      ...x.subarray(768 * i + 3 * j, 768 * i + 3 * j + 3),
    ]);
    expect(Math.max(...points.map((p) => Math.hypot(...p)))).toBeCloseTo(1, 5);
    const ends = [0, 1, 2].map((axis) => {
      const values = points.map((p) => p[axis]);
      return [Math.min(...values), Math.max(...values)];
    });
    const isAtEnd = (p: readonly number[], axis: number) =>
      Math.min(Math.abs(p[axis] - ends[axis][0]), Math.abs(p[axis] - ends[axis][1])) < 1e-5;
    const flat = ([a, b]: readonly number[]) => [a * a, b * b, a, b];
    const shape = data.classes?.[labels[i]];
    if (shape === 'sphere')
      expect(quadricError(points, ([a, b, c]) => [a * a, b * b, c * c, a, b, c])).toBeLessThan(1e-3);
    if (shape === 'box') expect(points.every((p) => [0, 1, 2].some((axis) => isAtEnd(p, axis)))).toBe(true);
    if (shape === 'cylinder')
      expect(
        quadricError(
          points.filter((p) => !isAtEnd(p, 2)),
          flat,
        ),
      ).toBeLessThan(1e-3);
    // Nothing is in the hole: the ring is stretched by ½ to 1, so that the hole reaches 0.6 · ½ / 1.4 at least.
    if (shape === 'torus') for (const p of points) expect(Math.hypot(p[0], p[1])).toBeGreaterThan(0.1);
  }
});

test.each([
  [
    'moons',
    {},
    /^there is no generated data set 'moons'; there are sprites, glyphs, two-moons, swiss-roll, moving-sprites, oscillator, primitives$/,
  ],
  ['two-moons', { size: 0 }, 'two-moons: 0 is not a number of samples; give a whole number of at least 1'],
  ['sprites', { size: 5 }, 'sprites: the option size has no effect on this data set; leave it out'],
  ['oscillator', { frames: 1 }, 'oscillator: the option frames is a whole number from 2 to 100000, not 1'],
  ['primitives', { points: 1 }, 'primitives: the option points is a whole number from 2'],
  ['moving-sprites', { imageSize: '5x9' }, "moving-sprites: imageSize '5x9' is not the side of a square"],
  ['glyphs', { seed: 5 }, 'glyphs: the option seed has no effect on this data set; leave it out'],
])('generate(%j, %j) is refused in words', (name, options, message) => {
  expect(() => generate(name, options)).toThrow(message);
});
