import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, runOf, termValue, toy } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { chamfer, earthMovers, sinkhorn } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { grad, type Tensor } from '../tensor/index.js';
import { Training } from '../training/index.js';
import { describeData, pointcloudAe, toWeighted } from './index.js';

const POINTS = 11;
const spec: SampleSpec = { kind: 'points', shape: [POINTS, 3], dtype: 'float32' };
const data = describeData(spec, { size: 10 });
const small = { features: [6, 5], latent: 4, hidden: [7] };
const x = new RandomStream(1, 'clouds').normal(new Float32Array(3 * POINTS * 3));
/** The points of each cloud in another order. */
const turned = x.map((_, i) => {
  const [cloud, point, k] = [Math.floor(i / (3 * POINTS)), Math.floor(i / 3) % POINTS, i % 3];
  return x[(cloud * POINTS + ((4 * point + 1) % POINTS)) * 3 + k];
});

test('codes are not negative, and neither codes nor costs depend on the order of the points', () => {
  for (const training of [false, true]) {
    const { model, batch } = build(pointcloudAe, data, small, { training });
    const roots = [model.encode(batch(3)), termValue(model.objective(batch(3)).reconstruction)];
    const [codes, costs] = compute(roots, { values: { x } });
    const [same, sameCosts] = compute(roots, { values: { x: turned } });
    expect(codes.every((value) => value >= 0) && codes.some((value) => value > 0)).toBe(true);
    same.forEach((value, i) => {
      // In training the statistics of a batch are sums over its points, whose order rounds.
      if (training) expect(value).toBeCloseTo(codes[i], 12);
      else expect(value).toBe(codes[i]);
    });
    sameCosts.forEach((value, i) => {
      expect(value).toBeCloseTo(costs[i], 10);
    });
  }
});

test('the cost is that of the distance which was asked for, summed or averaged', () => {
  const wanted: [Record<string, unknown>, (a: Tensor, b: Tensor) => Tensor][] = [
    [{}, (a, b) => chamfer(a, b, 'sum')],
    [{ reduction: 'mean' }, (a, b) => chamfer(a, b, 'mean')],
    [{ loss: 'emd', tolerance: 1e-6 }, (a, b) => earthMovers(a, b, { reduction: 'sum', tolerance: 1e-6 })],
    [{ loss: 'sinkhorn', regulariser: 0.1 }, (a, b) => sinkhorn(a, b, { epsilon: 0.1 }).mul(POINTS)],
    [{ loss: 'sinkhorn', reduction: 'mean' }, (a, b) => sinkhorn(a, b)],
  ];
  for (const [options, distance] of wanted) {
    const { model, batch } = build(pointcloudAe, data, { ...small, ...options }, { training: false });
    const decoded = model.decode(model.encode(batch(3)));
    expect(decoded.shape).toEqual([3, POINTS, 3]);
    const roots = [termValue(model.objective(batch(3)).reconstruction), distance(batch(3).x, decoded)];
    const [cost, expected] = compute(roots, { values: { x } });
    expect(cost).toEqual(expected);
  }
});

test('a Gaussian posterior adds β KL and makes a prior; without one there is neither', () => {
  const { model, batch } = build(pointcloudAe, data, { ...small, posterior: 'gaussian', beta: 0.3 });
  const { kl } = model.objective(batch(3));
  expect(toWeighted(kl).weight).toBe(0.3);
  expect(model.prior?.(5).mean.shape).toEqual([5, 4]);
  const plain = build(pointcloudAe, data, small).model;
  expect(Object.keys(plain.objective(batch(3)))).toEqual(['reconstruction']);
  expect(plain.prior).toBeUndefined();
});

test.each(['chamfer', 'emd', 'sinkhorn'])('gradients of %s reach every weight', (loss) => {
  const { model, batch, scope } = build(pointcloudAe, data, { ...small, loss });
  const total = termValue(model.objective(batch(3)).reconstruction).sum();
  const weights = scope.variables.filter(({ trainable }) => trainable);
  const gradients = compute(grad(total, weights), { values: { x } });
  gradients.forEach((gradient, i) => {
    expect(gradient.every(Number.isFinite) && gradient.some((value) => value !== 0), weights[i].name).toBe(
      true,
    );
  });
});

test('what has no effect is refused, and so is what is no cloud', () => {
  const refused: [Record<string, unknown>, string][] = [
    [{ tolerance: 0.1 }, 'tolerance: has no effect with loss chamfer; leave it out'],
    [{ loss: 'emd', regulariser: 0.1 }, 'regulariser: has no effect with loss emd; leave it out'],
    [{ loss: 'emd', iterations: 3 }, 'iterations: has no effect with loss emd; leave it out'],
    [{ loss: 'sinkhorn', tolerance: 0.1 }, 'tolerance: has no effect with loss sinkhorn; leave it out'],
    [{ beta: 1 }, 'beta: has no effect with posterior none; leave it out'],
  ];
  for (const [options, message] of refused)
    expect(() => build(pointcloudAe, data, { ...small, ...options })).toThrow(message);
  expect(() => build(pointcloudAe, describeData(numericTable(3), { size: 4 }))).toThrow(
    'system: pointcloud-ae takes clouds of points, but the data are tables',
  );
});

test('it learns where clouds lie: their Chamfer distance falls far below that of the mean cloud', async () => {
  // Rings of different size and height.
  const count = 64;
  const rings = Float32Array.from({ length: count * POINTS * 3 }, (_, i) => {
    // In an order in which every batch has all of them, as batch normalisation wants it.
    const cloud = (27 * Math.floor(i / (3 * POINTS))) % count;
    const point = Math.floor(i / 3) % POINTS;
    const [radius, height] = [0.2 + (0.6 * (cloud % 8)) / 7, (0.8 * Math.floor(cloud / 8)) / 7 - 0.4];
    const angle = (2 * Math.PI * point) / POINTS;
    return [radius * Math.cos(angle), radius * Math.sin(angle), height][i % 3];
  });
  const [native] = engines.slice(-1);
  const training = { steps: 300, batchSize: 16, evaluateEvery: 300, patience: 0, learningRate: 3e-3 };
  const run = new Training(
    runOf(pointcloudAe, toy(spec, rings), native.create(), {
      options: { features: [16, 16], latent: 8, hidden: [32], reduction: 'mean' },
      training,
    }),
  );
  let loss = Number.NaN;
  for await (const event of run) if (event.kind === 'evaluation') loss = event.loss;
  // The ring in the middle of all is off by a mean square of 0.1 in each direction.
  expect(loss).toBeLessThan(0.03);
});
