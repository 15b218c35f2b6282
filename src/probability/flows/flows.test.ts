import { expect, test } from 'vitest';
import { compute } from '../../conformance/models.js';
import { gaussian, type Layer, linear, relu, sequential, VariableTable } from '../../nn/index.js';
import { batchJacobian, constant, input, sizeOf, type Tensor } from '../../tensor/index.js';
import { DiagonalNormal } from '../index.js';
import {
  actNorm,
  autoregressive,
  batchNormFlow,
  channelPermutation,
  coupling,
  type Flow,
  FlowDistribution,
  type FlowLayer,
  FlowPosterior,
  flowSequence,
  inverted,
  multiScale,
  reversal,
  squeeze,
  unsqueeze,
} from './index.js';

const dense = (outputs: number): Layer =>
  sequential(linear(7), relu, linear(outputs, { weight: gaussian(0.5) }));
const additive = coupling({ kind: 'additive', network: dense });
const affine = coupling({ kind: 'affine', network: dense });
const masked = autoregressive({ hidden: [9, 6], activation: 'tanh' });
const wave = (count: number, phase = 0) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(1 + phase + 1.7 * i));

/** A flow with variables away from where they start, in an evaluation build. @param by how far at most */
function perturbed(layer: FlowLayer, by = 0.4) {
  const scope = new VariableTable().scope({ training: false });
  const flow = layer(scope);
  const values = (...roots: Tensor[]) => {
    const moved = scope.variables
      .filter(({ name }) => !name.endsWith('order'))
      .map(({ name, shape }, i) => {
        const isVariance = name.endsWith('variance');
        return [name, wave(sizeOf(shape), i).map((v) => (isVariance ? 1 : 0) + by * v)];
      });
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
  ['batch normalisation', batchNormFlow],
  ['an autoregressive layer', masked],
  ['an autoregressive layer without hidden layers', autoregressive({ hidden: [] })],
  ['an autoregressive layer turned round', inverted(masked)],
  ['a masked autoregressive flow', flowSequence(masked, batchNormFlow, reversal, masked, batchNormFlow)],
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

test('what an autoregressive layer makes of a number depends on it and on those before, and on all of these', () => {
  const size = 5;
  const { flow, values } = perturbed(autoregressive({ hidden: [16, 16], activation: 'tanh' }));
  const z = input('z', [1, size]);
  const [forward, back] = values(
    batchJacobian(flow.forward(z).z, z),
    batchJacobian(flow.inverse(z), z),
  )({ z: wave(size) });
  for (const jacobian of [forward, back]) {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        if (j > i) expect(jacobian[i * size + j], `${i}, ${j}`).toBe(0);
        else expect(Math.abs(jacobian[i * size + j]), `${i}, ${j}`).toBeGreaterThan(1e-9);
      }
  }
});

test('a log-determinant is that of differences, and 64 numbers come back', () => {
  const five = flowSequence(masked, reversal, masked, reversal, masked, reversal, masked, reversal, masked);
  const [size, step] = [4, 1e-5];
  const { flow, values } = perturbed(five);
  const y = input('y', [1, size]);
  const { z, logDet } = flow.forward(y);
  const at = values(z, logDet);
  const middle = wave(size);
  const moved = (j: number, by: number) => at({ y: middle.map((value, i) => value + (i === j ? by : 0)) })[0];
  const columns = Array.from({ length: size }, (_, j) => {
    const [up, down] = [moved(j, step), moved(j, -step)];
    return up.map((value, i) => (value - down[i]) / (2 * step));
  });
  const rows = Array.from({ length: size * size }, (_, k) => columns[k % size][Math.floor(k / size)]);
  expect(at({ y: middle })[1][0]).toBeCloseTo(logDeterminant(rows, size), 7);

  const hidden = autoregressive({ hidden: [48] });
  const wide = perturbed(flowSequence(hidden, reversal, hidden), 0.2);
  const many = input('y', [2, 64]);
  const [back] = wide.values(wide.flow.inverse(wide.flow.forward(many).z))({ y: wave(128) });
  back.forEach((value, i) => {
    expect(Math.abs(value - wave(128)[i])).toBeLessThan(1e-5);
  });
});

test('the first number depends on the context too', () => {
  const { flow, values } = perturbed(masked);
  const [y, context] = [input('y', [2, 3]), input('c', [2, 2])];
  const { z } = flow.forward(y, context);
  const twice = Float64Array.from([...wave(3), ...wave(3)]);
  const [rows, back] = values(z, flow.inverse(z, context))({ y: twice, c: Float64Array.of(1, 0, 0, 1) });
  for (let i = 0; i < 3; i++) expect(rows[i]).not.toBeCloseTo(rows[3 + i], 4);
  back.forEach((value, i) => {
    expect(value).toBeCloseTo(twice[i], 10);
  });
});

test('a new autoregressive layer moves nothing', () => {
  const flow = masked(new VariableTable().scope({ training: false }));
  const [z, logDet] = compute([
    flow.forward(constant(wave(8), 'float32', [2, 4])).z,
    flow.forward(constant(wave(8), 'float32', [2, 4])).logDet,
  ]);
  expect(z).toEqual([...wave(8)]);
  expect(logDet.every((value) => value === 0)).toBe(true);
});

test('batch normalisation standardises a batch in training, and counts what that does to volumes', () => {
  const flow = batchNormFlow(new VariableTable().scope({ training: true }));
  const y = input('y', [40, 2]);
  const { z, logDet } = flow.forward(y);
  const feeds = { y: wave(80).map((value, i) => (i % 2 === 0 ? 3 * value + 5 : 0.1 * value)) };
  const [zs, logDets] = compute([z, logDet], { values: feeds });
  const variances = [0, 1].map((j) => {
    const own = feeds.y.filter((_, i) => i % 2 === j);
    const mean = own.reduce((a, b) => a + b) / 40;
    expect(zs.filter((_, i) => i % 2 === j).reduce((a, b) => a + b)).toBeCloseTo(0, 9);
    return own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40;
  });
  const expected = variances.reduce((sum, variance) => sum - 0.5 * Math.log(variance + 1e-5), 0);
  expect(logDets[0]).toBeCloseTo(expected, 9);
});

test.each([
  ['fast to measure', flowSequence(masked, batchNormFlow, reversal, masked)],
  ['fast to draw from', flowSequence(inverted(masked), batchNormFlow, reversal, inverted(masked))],
] as const)('a flow that is %s has a density that integrates to 1, and draws that are of it', (_, layer) => {
  const { flow, values } = perturbed(layer, 0.25);
  const [side, edge] = [80, 8];
  const cell = (2 * edge) / side;
  const at = (i: number) => -edge + (i + 0.5) * cell;
  const grid = Float64Array.from({ length: 2 * side * side }, (_, k) =>
    at(k % 2 === 0 ? Math.floor(k / 2 / side) : Math.floor(k / 2) % side),
  );
  const p = new FlowDistribution({ flow, shape: [side * side, 2] });
  const [logProbs] = values(p.logProb(input('z', [side * side, 2])))({ z: grid });
  const density = logProbs.map((value) => Math.exp(value) * cell ** 2);
  expect(density.reduce((a, b) => a + b)).toBeCloseTo(1, 3);

  const count = 4000;
  const drawn = new FlowDistribution({ flow, shape: [1, 2] }).sample({ draws: count, stream: 'draws' });
  expect(drawn.shape).toEqual([count, 1, 2]);
  const [points] = values(drawn)({});
  for (const j of [0, 1]) {
    const expected = density.reduce((sum, mass, k) => sum + mass * grid[2 * k + j], 0);
    const own = points.filter((_, i) => i % 2 === j);
    const mean = own.reduce((a, b) => a + b) / count;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(count));
  }
});
