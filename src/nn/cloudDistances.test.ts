import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { lowerProgram } from '../engine/native/lower.js';
import { RandomStream } from '../random/index.js';
import {
  constant,
  grad,
  input,
  Program,
  type Shape,
  sizeOf,
  type Tensor,
  takeAlongLast,
} from '../tensor/index.js';
import { squaredDistances } from './cloudDistances.js';
import { chamfer, chamferHalves, earthMovers, sinkhorn } from './index.js';

const valuesOf = (y: Tensor, values = {}) => Array.from(evaluate([y], { values })[0]);

function cloudValues(name: string, shape: Shape): Float64Array {
  return Float64Array.from(new RandomStream(1, name).normal(new Float32Array(sizeOf(shape))));
}

const clouds = (name: string, shape: Shape) => constant(cloudValues(name, shape), 'float32', shape);

/** The points of each cloud in another order. */
function shuffled(cloud: Tensor): Tensor {
  const n = cloud.shape[1];
  const order = constant(
    Array.from({ length: n }, (_, i) => (5 * i + 3) % n),
    'int32',
  );
  return cloud.transpose([1, 0, 2]).gather(order).transpose([1, 0, 2]);
}

const fine = { reduction: 'sum', tolerance: 1e-9 } as const;
const a = constant([0, 0, 0, 1, 0, 0], 'float32', [1, 2, 3]);
const b = constant([0, 0, 0, 0, 2, 0], 'float32', [1, 2, 3]);

test('two pairs of points by hand', () => {
  // From a: 0 and 1; from b: 0 and 4.
  expect(valuesOf(chamfer(a, b, 'mean'))).toEqual([2.5]);
  expect(valuesOf(chamfer(a, b, 'sum'))).toEqual([5]);
  expect(valuesOf(chamferHalves(a, b, 'sum').forward)).toEqual([1]);
  expect(valuesOf(chamferHalves(a, b, 'sum').backward)).toEqual([4]);
  expect(valuesOf(earthMovers(a, b, fine))[0]).toBeCloseTo(Math.sqrt(5), 6);
  expect(valuesOf(earthMovers(a, b, { ...fine, reduction: 'mean' }))[0]).toBeCloseTo(Math.sqrt(5) / 2, 6);
});

test('points in another order are the same cloud', () => {
  const x = clouds('x', [3, 7, 3]);
  for (const distance of [chamfer(x, shuffled(x), 'sum'), earthMovers(x, shuffled(x), fine)])
    expect(valuesOf(distance)).toEqual([0, 0, 0]);
  const y = clouds('y', [3, 7, 3]);
  const before = valuesOf(chamfer(x, y, 'sum'));
  const after = valuesOf(chamfer(shuffled(x), shuffled(shuffled(y)), 'sum'));
  before.forEach((value, i) => {
    expect(after[i]).toBeCloseTo(value, 12);
  });
});

test('they are symmetric, and do not change when both clouds are moved rigidly', () => {
  const [x, y] = [clouds('x', [3, 7, 3]), clouds('y', [3, 7, 3])];
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const turn = constant([c, s, 0, -s, c, 0, 0, 0, 1], 'float32', [3, 3]);
  const moved = (cloud: Tensor) => cloud.matmul(turn).add(constant([0.3, -2, 1]));
  for (const distance of [
    (u: Tensor, v: Tensor) => chamfer(u, v, 'mean'),
    (u: Tensor, v: Tensor) => earthMovers(u, v, fine),
    (u: Tensor, v: Tensor) => sinkhorn(u, v, { epsilon: 0.3 }),
  ]) {
    const expected = valuesOf(distance(x, y));
    for (const same of [distance(y, x), distance(moved(x), moved(y))])
      valuesOf(same).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 6);
      });
  }
});

test('nobody’s nearest point is farther than the one that it is matched with', () => {
  const [x, y] = [clouds('x', [5, 6, 3]), clouds('y', [5, 6, 3])];
  const squares = squaredDistances(x, y);
  const columns = squares.sqrt().assignment(fine.tolerance);
  const matched = valuesOf(takeAlongLast(squares, columns.expandDims(2)).sum([1, 2]));
  const { forward, backward } = chamferHalves(x, y, 'sum');
  for (const half of [forward, backward])
    valuesOf(half).forEach((square, i) => {
      expect(square).toBeLessThanOrEqual(matched[i]);
    });
});

test('of clouds of different size the Chamfer distance is one, and no matching', () => {
  const [x, y] = [clouds('x', [2, 4, 3]), clouds('y', [2, 6, 3])];
  expect(valuesOf(chamfer(x, y, 'mean'))).toHaveLength(2);
  expect(() => earthMovers(x, y, fine)).toThrow(
    'earthMovers: matches points one to one, but there are 4 and 6 of them; use chamfer or sinkhorn',
  );
  expect(() => chamfer(x, clouds('z', [2, 4, 2]), 'sum')).toThrow(
    'chamfer: needs clouds [batch, n, dimensions] and [batch, m, dimensions] but got [2, 4, 3] and [2, 4, 2]',
  );
});

const distances: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  'chamfer, sums': (x, y) => chamfer(x, y, 'sum'),
  'chamfer, means': (x, y) => chamfer(x, y, 'mean'),
  'earth mover’s, sums': (x, y) => earthMovers(x, y, fine),
  'earth mover’s, means': (x, y) => earthMovers(x, y, { ...fine, reduction: 'mean' }),
  // At the fixed point: the gradient holds the potentials constant.
  sinkhorn: (x, y) => sinkhorn(x, y, { epsilon: 1, iterations: 120 }),
};

test.each(Object.entries(distances))('the gradient of %s is its central difference', (_, distance) => {
  const shape = [2, 4, 3];
  const [x, y] = [input('x', shape), input('y', shape)];
  const values = { x: cloudValues('x', shape), y: cloudValues('y', shape) };
  const total = distance(x, y).sum();
  const gradients = evaluate(grad(total, [x, y]), { values });
  for (const [k, name] of (['x', 'y'] as const).entries()) {
    for (let i = 0; i < sizeOf(shape); i += 5) {
      const at = (shift: number) =>
        valuesOf(total, { ...values, [name]: values[name].map((v, j) => (j === i ? v + shift : v)) })[0];
      expect(gradients[k][i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 6);
    }
  }
});

test('where points coincide no gradient is infinite, and none of the earth mover’s distance is left', () => {
  const x = input('x', [1, 4, 3]);
  const values = { x: cloudValues('x', [1, 4, 3]) };
  const same = constant(values.x, 'float32', [1, 4, 3]);
  for (const distance of Object.values(distances)) {
    const [gradient] = evaluate(grad(distance(x, same).sum(), [x]), { values });
    for (const slope of gradient) expect(slope).toBeCloseTo(0, 6);
  }
});

test('the Sinkhorn divergence of a cloud with itself is 0, and with little regularisation it is the earth mover’s', () => {
  const [x, y] = [clouds('x', [3, 6, 3]), clouds('y', [3, 6, 3])];
  for (const value of valuesOf(sinkhorn(x, x, { epsilon: 0.3 }))) expect(value).toBeCloseTo(0, 12);
  const exact = valuesOf(earthMovers(x, y, { ...fine, reduction: 'mean' }));
  valuesOf(sinkhorn(x, y, { epsilon: 0.02, iterations: 150 })).forEach((value, i) => {
    // The entropy of a plan over six points is worth at most ε log 6.
    expect(Math.abs(value - exact[i])).toBeLessThan(0.02 * Math.log(6));
  });
  expect(() => sinkhorn(x, y, { epsilon: 0 })).toThrow('sinkhorn: epsilon 0 is not positive');
  expect(() => sinkhorn(x, y, { iterations: 0.5 })).toThrow('sinkhorn: 0.5 iterations; take 1 or more');
});

test('the memory of large clouds is that of a few of them at a time', () => {
  const bytes = (batch: number) => {
    const shape = [batch, 2048, 3];
    const plan = lowerProgram(
      new Program({ outputs: { cost: chamfer(input('x', shape), input('y', shape), 'sum') } }),
    );
    return 64 * plan.arenaLines;
  };
  // 4 clouds have 2²⁴ pairs: 64 MiB.
  expect(bytes(4)).toBeLessThan(70 * 2 ** 20);
  expect(bytes(16)).toBeLessThan(80 * 2 ** 20);
});
