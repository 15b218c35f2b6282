import { expect, test } from 'vitest';
import { compute } from '../../conformance/models.js';
import { gaussian, type Layer, linear, relu, sequential, VariableTable } from '../../nn/index.js';
import { batchJacobian, constant, input, sizeOf, type Tensor } from '../../tensor/index.js';
import { DiagonalNormal } from '../index.js';
import {
  actNorm,
  channelPermutation,
  coupling,
  type Flow,
  type FlowLayer,
  FlowPosterior,
  flowSequence,
  multiScale,
  squeeze,
  unsqueeze,
} from './index.js';

const dense = (outputs: number): Layer =>
  sequential(linear(7), relu, linear(outputs, { weight: gaussian(0.5) }));
const additive = coupling({ kind: 'additive', network: dense });
const affine = coupling({ kind: 'affine', network: dense });
const wave = (count: number, phase = 0) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(1 + phase + 1.7 * i));

/** A flow with variables away from where they start, in an evaluation build. */
function perturbed(layer: FlowLayer) {
  const scope = new VariableTable().scope({ training: false });
  const flow = layer(scope);
  const values = (...roots: Tensor[]) => {
    const moved = scope.variables
      .filter(({ name }) => !name.endsWith('order'))
      .map(({ name, shape }, i) => [name, wave(sizeOf(shape), i).map((v) => 0.4 * v)]);
    return (feeds: Record<string, Float64Array>) =>
      compute(roots, { values: { ...Object.fromEntries(moved), ...feeds } });
  };
  return { flow, values, scope };
}

/** log |det| of a matrix given by rows, by elimination with pivots. */
function logDeterminant(matrix: readonly number[], size: number): number {
  const rows = Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size));
  let sum = 0;
  for (let k = 0; k < size; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    sum += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i][k] / rows[k][k];
      rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return sum;
}

const vectors: [string, FlowLayer][] = [
  ['ActNorm', actNorm],
  ['a channel permutation', channelPermutation],
  ['an additive coupling', additive],
  ['an affine coupling', affine],
  [
    'a sequence of them',
    flowSequence(actNorm, channelPermutation, affine, actNorm, channelPermutation, additive),
  ],
];
const maps: [string, FlowLayer, readonly number[]][] = [
  ...vectors.map(([name, layer]): [string, FlowLayer, readonly number[]] => [name, layer, [4]]),
  ['a multi-scale flow', multiScale({ shape: [2, 2, 3], levels: 2, steps: 2, hidden: 5 }), [2, 2, 3]],
];

test.each(maps)(
  'the inverse of %s undoes it, and its log-determinant is that of the Jacobian',
  (_, layer, event) => {
    const [batch, size] = [3, sizeOf(event)];
    const { flow, values } = perturbed(layer);
    const y = input('y', [batch, ...event]);
    const { z, logDet } = flow.forward(y);
    const back = flow.inverse(z);
    const jacobian = batchJacobian(z.flatten(), y);
    const feeds = { y: wave(batch * size) };
    const [ys, logDets, jacobians] = values(back, logDet, jacobian)(feeds);
    feeds.y.forEach((value, i) => {
      expect(ys[i]).toBeCloseTo(value, 10);
    });
    for (let b = 0; b < batch; b++) {
      const own = jacobians.slice(b * size * size, (b + 1) * size * size);
      expect(logDets[b]).toBeCloseTo(logDeterminant(own, size), 9);
    }
  },
);

test('squeezing moves every block of 2 × 2 positions into channels, and back', () => {
  const x = constant(wave(2 * 4 * 6 * 3), 'float32', [2, 4, 6, 3]);
  const [block, corner, back] = compute([
    squeeze(x).slice([
      [0, 1],
      [0, 1],
      [0, 1],
    ]),
    x.slice([
      [0, 1],
      [0, 2],
      [0, 2],
    ]),
    unsqueeze(squeeze(x)).sub(x),
  ]);
  expect(block).toEqual(corner);
  expect(back.every((value) => value === 0)).toBe(true);
  expect(() => squeeze(input('odd', [1, 3, 4, 1]))).toThrow(
    'squeeze: [1, 3, 4, 1] has no halves in height and width',
  );
});

test('a permutation is one: each channel comes out once, in an order that differs from the first', () => {
  const { flow, values } = perturbed(channelPermutation);
  const y = constant([0, 1, 2, 3, 4, 5, 6, 7], 'float32', [1, 8]);
  const [z] = values(flow.forward(y).z)({});
  expect([...z].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(z).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('ActNorm standardises the first batch, and keeps what it learned of it', () => {
  const table = new VariableTable();
  const training = table.scope({ training: true });
  const y = input('y', [50, 2]);
  const { z, logDet } = actNorm(training).forward(y);
  const first = { y: wave(100).map((value, i) => (i % 2 === 0 ? 3 * value + 5 : 0.1 * value)) };
  const started = [...training.updates];
  const [zs, logDets, ...stored] = compute([z, logDet, ...started.map(([, value]) => value)], {
    values: first,
  });
  for (const j of [0, 1]) {
    const channel = zs.filter((_, i) => i % 2 === j);
    const mean = channel.reduce((a, b) => a + b) / 50;
    expect(mean).toBeCloseTo(0, 12);
    expect(channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50).toBeCloseTo(1, 12);
  }
  const kept = Object.fromEntries(started.map(([{ name }], i) => [name, Float64Array.from(stored[i])]));
  expect(kept.isStarted).toEqual(Float64Array.of(1));
  // Another batch, with what the first step stored: the same map, in training and in evaluation.
  const other = { y: wave(100, 2), ...kept };
  const evaluation = actNorm(table.scope({ training: false }));
  const [again, sameMap, sameLogDet, ...unmoved] = compute(
    [z, evaluation.forward(y).z, logDet, ...started.map(([, value]) => value)],
    { values: other },
  );
  expect(sameMap).toEqual(again);
  expect(sameLogDet).toEqual(logDets);
  unmoved.forEach((values, i) => {
    expect(values).toEqual(stored[i]);
  });
});

test('couplings with a context depend on it, and one channel is refused', () => {
  const { flow, values } = perturbed(affine);
  const [y, context] = [input('y', [2, 4]), input('c', [2, 3])];
  const { z } = flow.forward(y, context);
  const twice = Float64Array.from([...wave(4), ...wave(4)]);
  const [rows, back] = values(z, flow.inverse(z, context))({ y: twice, c: wave(6) });
  expect(rows.slice(0, 2)).toEqual(rows.slice(4, 6));
  expect(rows.slice(2, 4)).not.toEqual(rows.slice(6, 8));
  back.forEach((value, i) => {
    expect(value).toBeCloseTo(twice[i], 12);
  });
  expect(() => perturbed(additive).flow.forward(input('y', [2, 1]))).toThrow(
    'coupling: [2, 1] has one channel, which has no halves',
  );
});

test('a posterior’s density of its own draws is that of the inverted flow, for many draws as for one', () => {
  const { flow, values } = perturbed(flowSequence(actNorm, channelPermutation, affine));
  const base = new DiagonalNormal({ mean: input('m', [2, 4]), logVar: input('s', [2, 4]) });
  const q = new FlowPosterior({ base, flow, context: input('c', [2, 3]) });
  const feeds = { m: wave(8), s: wave(8, 3), c: wave(6, 1) };
  for (const draws of [undefined, 5]) {
    const { y, z, logProb } = q.draw({ draws });
    expect(z.shape).toEqual(draws ? [5, 2, 4] : [2, 4]);
    expect(y.shape).toEqual(z.shape);
    const [along, inverted] = values(logProb, q.logProb(z))(feeds);
    along.forEach((value, i) => {
      expect(inverted[i]).toBeCloseTo(value, 10);
    });
  }
});

test('without a flow a posterior is its base', () => {
  const identity: Flow = flowSequence()(new VariableTable().scope({ training: true }));
  const base = new DiagonalNormal({ mean: constant(wave(6), 'float32', [2, 3]), logVar: constant(-0.5) });
  const q = new FlowPosterior({ base, flow: identity });
  const z = base.rsample();
  const [one, other, same] = compute([q.logProb(z), base.logProb(z), q.rsample().sub(z)]);
  expect(one).toEqual(other);
  expect(same.every((value) => value === 0)).toBe(true);
});
