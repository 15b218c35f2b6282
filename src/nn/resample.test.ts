import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, zeros } from '../tensor/index.js';
import { upsampleLinear } from './index.js';

test('a row is interpolated between the centres of its pixels, and constant beyond the outer ones', () => {
  const x = constant([0, 4, 8], 'float32', [1, 3, 1]);
  expect(Array.from(evaluate([upsampleLinear(x)])[0])).toEqual([0, 1, 3, 5, 7, 8]);
});

test('a plane is interpolated along both axes, every channel by itself', () => {
  const height = 3;
  const width = 4;
  const value = (i: number, j: number, c: number) => Math.sin(7 * i + 3 * j + c);
  const x = Float64Array.from({ length: height * width * 2 }, (_, k) =>
    value(Math.floor(k / 8), Math.floor(k / 2) % 4, k % 2),
  );
  const [y] = evaluate([upsampleLinear(input('x', [1, height, width, 2]))], { values: { x } });
  // A bilinear function of the position of the pixel's centre, held inside.
  const at = (i: number, j: number, c: number) => {
    const [u, v] = [Math.min(height - 1, Math.max(0, i)), Math.min(width - 1, Math.max(0, j))];
    const [p, q] = [Math.min(height - 2, Math.floor(u)), Math.min(width - 2, Math.floor(v))];
    const [a, b] = [u - p, v - q];
    const row = (r: number) => (1 - b) * value(r, q, c) + b * value(r, q + 1, c);
    return (1 - a) * row(p) + a * row(p + 1);
  };
  y.forEach((got, k) => {
    const [i, j, c] = [Math.floor(k / 16), Math.floor(k / 2) % 8, k % 2];
    expect(got).toBeCloseTo(at((i + 0.5) / 2 - 0.5, (j + 0.5) / 2 - 0.5, c), 12);
  });
});

test('a single position stays what it is, and every input counts four times in the sum', () => {
  const x = constant([7], 'float32', [1, 1, 1, 1]);
  expect(Array.from(evaluate([upsampleLinear(x)])[0])).toEqual([7, 7, 7, 7]);
  const picture = input('x', [2, 3, 5, 1]);
  const [gradient] = evaluate(grad(upsampleLinear(picture).sum(), [picture]), {
    values: { x: new Float64Array(30) },
  });
  for (const g of gradient) expect(g).toBeCloseTo(4, 12);
});

test('without a spatial axis there is nothing to interpolate', () => {
  expect(() => upsampleLinear(zeros([2, 3]))).toThrow(
    'upsampleLinear: x has shape [2, 3]; wanted [batch, ...space, channels]',
  );
});
