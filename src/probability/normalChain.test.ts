import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Tensor, topologicalOrder, zeros } from '../tensor/index.js';
import { type ChainPlace, DiagonalNormal, kl, NormalChain, sampledKl } from './index.js';

const valuesOf = (tensors: Tensor[], options = {}) =>
  evaluate(tensors, options).map((list) => Array.from(list));

const last = (normal: DiagonalNormal): ChainPlace => ({
  normal,
  next: () => {
    throw new Error('nothing follows the last group');
  },
});

/** z_1 ~ N(0, I) in two numbers, then z_2 ~ N(z_11 − z_12, 4). */
const family = (batch: number) =>
  new NormalChain({
    batch,
    sizes: [2, 1],
    start: (rows) => ({
      normal: DiagonalNormal.standard([rows, 2]),
      next: (pair) => {
        const mean = pair.sliceAlong(1, 0, 1).sub(pair.sliceAlong(1, 1, 2));
        return last(new DiagonalNormal({ mean, logVar: constant(Math.log(4)) }));
      },
    }),
  });

/** Groups that know nothing of each other, of lengths and deviations 1 and 2, in either order. */
const independent = (order: number[]) =>
  new NormalChain({
    batch: 3,
    sizes: [1, 2],
    order,
    start: (rows) => {
      const [first, second] = order.map(
        (group) =>
          new DiagonalNormal({ mean: zeros([rows, group + 1]), logVar: constant(group * Math.log(4)) }),
      );
      return { normal: first, next: () => last(second) };
    },
  });

const logNormal = (x: number, mean: number, variance: number) =>
  -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance);

test('the density is the product of the conditionals, for one draw and for several', () => {
  const z = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
  for (const shape of [
    [2, 3],
    [2, 2, 3],
  ]) {
    const count = shape.reduce((a, b) => a * b);
    const logProb = family(2).logProb(input('z', shape));
    expect(logProb.shape).toEqual(shape.slice(0, -1));
    const [values] = valuesOf([logProb], { values: { z: z.slice(0, count) } });
    values.forEach((value, i) => {
      const [a, b, c] = z.slice(3 * i);
      const expected = logNormal(a, 0, 1) + logNormal(b, 0, 1) + logNormal(c, a - b, 4);
      expect(value).toBeCloseTo(expected, 12);
    });
  }
});

test('draws have the chain’s moments, with the groups side by side', () => {
  const draws = 20_000;
  const z = family(1).rsample({ draws });
  expect(z.shape).toEqual([draws, 1, 3]);
  const [values] = valuesOf([z], { seed: 2 });
  const mean = (f: (a: number, b: number, c: number) => number) => {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += f(values[3 * i], values[3 * i + 1], values[3 * i + 2]);
    return sum / draws;
  };
  // Four standard errors, the fourth moment of z_2 (variance 6) being 3 · 36.
  expect(Math.abs(mean((_, __, c) => c))).toBeLessThan(4 * Math.sqrt(6 / draws));
  expect(Math.abs(mean((_, __, c) => c * c) - 6)).toBeLessThan(4 * Math.sqrt(72 / draws));
  expect(Math.abs(mean((a, _, c) => a * c) - 1)).toBeLessThan(4 * Math.sqrt(7 / draws));
  expect(Math.abs(mean((a, b) => a * b))).toBeLessThan(4 / Math.sqrt(draws));
});

test('a draw comes from one piece of noise, and its conditionals are those of its codes', () => {
  const chain = family(4);
  const { codes, conditionals } = chain.draw({ stream: 'prior' });
  const z = chain.rsample({ stream: 'prior' });
  const noise = topologicalOrder([z]).filter((node) => node.is('random'));
  expect(noise.map(({ shape }) => shape)).toEqual([[4, 3]]);
  const again = chain.conditionals(codes);
  const [a, b, c, d] = valuesOf([conditionals[1].mean, again[1].mean, codes[1], z.sliceAlong(1, 2, 3)]);
  expect(a).toEqual(b);
  expect(c).toEqual(d);
});

test('the order in which independent groups are drawn changes no density', () => {
  const z = { z: Float64Array.from({ length: 9 }, (_, i) => Math.cos(i)) };
  const [one, other] = [
    [0, 1],
    [1, 0],
  ].map((order) => independent(order).logProb(input('z', [3, 3])));
  const [a, b] = valuesOf([one, other], { values: z });
  expect(a).toEqual(b);
});

test('gradients of a draw reach what the groups before it were drawn with', () => {
  const shift = input('shift', [1, 2]);
  const around = (mean: Tensor) => new DiagonalNormal({ mean, logVar: zeros([1, 2]) });
  const moved = new NormalChain({
    batch: 1,
    sizes: [2, 2],
    start: () => ({ normal: around(shift), next: (code) => last(around(code)) }),
  });
  const [gradient] = valuesOf(grad(moved.rsample().sum(), [shift]), {
    values: { shift: Float64Array.of(0.5, 1) },
  });
  // Each group's code moves with the shift by one.
  expect(gradient).toEqual([2, 2]);
  expect(grad(moved.sample().sum(), [shift])[0].toString()).not.toContain('random');
});

test('a chain of one group is that normal distribution', () => {
  const normal = new DiagonalNormal({
    mean: input('mean', [3, 2]),
    logVar: input('logVar', [3, 2]),
  });
  const chain = new NormalChain({ batch: 3, sizes: [2], start: () => last(normal) });
  const p = DiagonalNormal.standard([3, 2]);
  const z = normal.rsample();
  const roots = [
    chain.rsample(),
    z,
    sampledKl(chain, p, z),
    sampledKl(normal, p, z),
    chain.mean,
    normal.mean,
  ];
  const values = {
    mean: Float64Array.from({ length: 6 }, (_, i) => Math.sin(i)),
    logVar: Float64Array.from({ length: 6 }, (_, i) => Math.cos(i)),
  };
  const [a, b, c, d, e, f] = valuesOf(roots, { values, seed: 1 });
  expect([a, c, e]).toEqual([b, d, f]);
  // Where no closed form exists, `kl` estimates by the chain's own draw.
  expect(kl(chain, p).shape).toEqual([3]);
});

test('codes of another length, or of other samples, are refused', () => {
  expect(() => family(2).logProb(zeros([2, 4]))).toThrow(
    "NormalChain: shape [2, 4] does not end in the event's shape [3]",
  );
  expect(() => family(2).logProb(zeros([5, 3]))).toThrow(
    'NormalChain: codes [5, 3] are not those of a batch of 2',
  );
});
