import { expect, test } from 'vitest';
import { evaluate, initialValues, type Values } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { constant, grad, input, type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { batchNorm, dropout, groupNorm, type Layer, layerNorm, type Scope, VariableTable } from './index.js';

const EPSILON = 1e-5;

function scope(training = true): Scope {
  return new VariableTable().scope({ training });
}

function random(shape: Shape, scale = 1, shift = 0): Tensor {
  const values = new RandomStream(2, 'x').normal(new Float32Array(sizeOf(shape)));
  return constant(
    values.map((v) => shift + scale * v),
    'float32',
    shape,
  );
}

/** Values of tensors with the scope's variables at their initial values, or at the given ones. */
function run(root: Scope, tensors: readonly Tensor[], given: Record<string, number[]> = {}): Values[] {
  const values: Record<string, Values> = Object.fromEntries(initialValues(root.variables, 0));
  for (const [name, list] of Object.entries(given)) values[name] = Float64Array.from(list);
  return evaluate(tensors, { values });
}

function statistics(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
}

const everyNth = (values: Values, n: number, from: number) =>
  Array.from(values).filter((_, i) => i % n === from);

test('in training, batchNorm gives every channel mean 0 and variance v / (v + ε) over batch and positions', () => {
  const root = scope();
  const x = random([4, 3, 2, 5], 3, 10);
  const [y, raw] = run(root, [batchNorm()(root)(x), x]);
  for (let channel = 0; channel < 5; channel++) {
    const before = statistics(everyNth(raw, 5, channel)).variance;
    const { mean, variance } = statistics(everyNth(y, 5, channel));
    expect(mean).toBeCloseTo(0, 12);
    expect(variance).toBeCloseTo(before / (before + EPSILON), 12);
  }
});

test('gain and shift are applied per channel', () => {
  const root = scope();
  const x = random([6, 2]);
  const y = batchNorm()(root)(x);
  const [plain] = run(root, [y]);
  const [scaled] = run(root, [y], { gain: [2, -1], shift: [5, 0] });
  plain.forEach((value, i) => {
    expect(scaled[i]).toBeCloseTo(i % 2 === 0 ? 2 * value + 5 : -value, 12);
  });
});

test('a gain that is a number stays it, and without a shift there is none', () => {
  const root = scope();
  const x = input('x', [3, 1]);
  const y = batchNorm({ gain: 0.5, shift: false, epsilon: 0 })(root)(x);
  expect(root.variables.map(({ name, trainable }) => [name, trainable])).toEqual([
    ['mean', false],
    ['variance', false],
  ]);
  const [values] = evaluate([y], { values: { x: Float64Array.of(1, 2, 4) } });
  for (const [i, value] of [-0.5345225, -0.1336306, 0.6681531].entries())
    expect(values[i]).toBeCloseTo(value, 7);
});

test('running statistics move by the momentum towards the batch’s mean and unbiased variance', () => {
  const root = scope();
  const x = constant([1, 10, 2, 20, 6, 30], 'float32', [3, 2]);
  batchNorm({ momentum: 0.25 })(root)(x);
  const updates = new Map(Array.from(root.updates, ([variable, value]) => [variable.name, value]));
  expect([...updates.keys()]).toEqual(['mean', 'variance']);
  const [mean, variance] = run(root, [...updates.values()], { mean: [8, 0], variance: [1, 4] });
  // Variances: of 1, 2, 6 (4 + 1 + 9) / 2 = 7; of 10, 20, 30 (100 + 0 + 100) / 2 = 100.
  const expected = [0.75 * 8 + 0.25 * 3, 0.25 * 20, 0.75 + 0.25 * 7, 3 + 0.25 * 100];
  [...mean, ...variance].forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
});

test('in evaluation, batchNorm uses the running statistics and a sample does not see its neighbours', () => {
  const table = new VariableTable();
  const [training, evaluation] = [true, false].map((t) => table.scope({ training: t }));
  batchNorm()(training)(input('x', [2, 2]));
  const given = { mean: [1, 2], variance: [4, 9], gain: [1, 1], shift: [0, 10] };
  const x = constant([5, 2, 1, 8], 'float32', [2, 2]);
  const network = batchNorm()(evaluation);
  const [y] = run(evaluation, [network(x)], given);
  const expected = [4 / 2, 10, 0, 10 + 6 / 3];
  y.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 4);
  });
  expect(evaluation.updates.size).toBe(0);
});

test('a layer that is called twice in one build keeps the statistics of the first call', () => {
  const root = scope();
  const network = batchNorm({ momentum: 1 })(root);
  network(constant([1, 3], 'float32', [2, 1]));
  network(constant([100, 300], 'float32', [2, 1]));
  const [mean] = run(root, [...root.updates.values()]);
  expect([...mean]).toEqual([2]);
});

test('one value per channel has no variance', () => {
  expect(() => batchNorm()(scope())(input('x', [1, 4]))).toThrow(
    'batchNorm: one value per channel in [1, 4] has no variance; use a larger batch',
  );
});

test('layerNorm gives every position of every sample mean 0 and variance 1, whatever its scale', () => {
  const root = scope();
  const x = random([3, 2, 50], 4, -7);
  const [y] = run(root, [layerNorm()(root)(x)]);
  for (let row = 0; row < 6; row++) {
    const { mean, variance } = statistics(Array.from(y).slice(row * 50, row * 50 + 50));
    expect(mean).toBeCloseTo(0, 12);
    expect(variance).toBeCloseTo(1, 5);
  }
});

test('groupNorm of one group normalises samples, and of as many groups as channels each channel of each', () => {
  const x = random([2, 3, 3, 4], 5, 2);
  const groups = (count: number) => {
    const root = scope();
    return Array.from(run(root, [groupNorm(count)(root)(x)])[0]);
  };
  for (const [count, width] of [
    [1, 4],
    [2, 2],
    [4, 1],
  ]) {
    const y = groups(count);
    for (let sample = 0; sample < 2; sample++) {
      for (let group = 0; group < count; group++) {
        const member = (i: number) => Math.floor(i / 36) === sample && Math.floor((i % 4) / width) === group;
        const { mean, variance } = statistics(y.filter((_, i) => member(i)));
        expect(mean).toBeCloseTo(0, 12);
        expect(variance).toBeCloseTo(1, 5);
      }
    }
  }
  expect(() => groupNorm(3)(scope())(x)).toThrow('groupNorm: 4 channels do not divide into 3 groups');
});

test('groupNorm of one group on vectors is layerNorm', () => {
  const x = random([3, 8]);
  const both = [groupNorm(1), layerNorm()].map((layer) => {
    const root = scope();
    return Array.from(run(root, [layer(root)(x)])[0]);
  });
  both[0].forEach((value, i) => {
    expect(value).toBeCloseTo(both[1][i], 12);
  });
});

const layers: [string, Layer, Shape][] = [
  ['batchNorm', batchNorm(), [3, 2, 4]],
  ['layerNorm', layerNorm(), [2, 3, 4]],
  ['groupNorm', groupNorm(2), [2, 3, 4]],
];

test.each(layers)(
  'the gradients of %s, its own and its gain’s and shift’s, are central differences',
  (_, layer, shape) => {
    const root = scope();
    const x = input('x', shape);
    const y = layer(root)(x);
    const loss = y.mul(random(shape)).sum();
    const inputs = [x, ...root.variables.filter(({ trainable }) => trainable)];
    const values: Record<string, Values> = Object.fromEntries(initialValues(root.variables, 0));
    values.x = Float64Array.from(new RandomStream(4, 'x').normal(new Float32Array(sizeOf(shape))));
    const gradients = evaluate(grad(loss, inputs), { values });
    for (const [k, { attributes }] of inputs.entries()) {
      const { name } = attributes as { name: string };
      gradients[k].forEach((gradient, i) => {
        const at = (step: number) => {
          const moved = Float64Array.from(values[name]);
          moved[i] += step;
          return evaluate([loss], { values: { ...values, [name]: moved } })[0][0];
        };
        expect(gradient).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 7);
      });
    }
  },
);

test('the gradient of a normalised layer has no part along what normalisation takes away', () => {
  const root = scope();
  const x = input('x', [6, 1]);
  const loss = batchNorm({ epsilon: 0 })(root)(x)
    .mul(random([6, 1]))
    .sum();
  const values = {
    ...Object.fromEntries(initialValues(root.variables, 0)),
    x: Float64Array.of(1, 4, 2, -3, 0, 7),
  };
  const [g] = evaluate(grad(loss, [x]), { values });
  // The output does not change when x is shifted or scaled.
  const along = (direction: (i: number) => number) =>
    Array.from(g).reduce((sum, v, i) => sum + v * direction(i), 0);
  expect(along(() => 1)).toBeCloseTo(0, 12);
  expect(along((i) => values.x[i])).toBeCloseTo(0, 12);
});

test('dropout zeroes its rate of the elements and keeps the mean', () => {
  const size = 100_000;
  for (const rate of [0.1, 0.5, 0.9]) {
    const [y] = evaluate([dropout(rate)(scope())(constant(1).broadcastTo([size]))]);
    const zeros = Array.from(y).filter((value) => value === 0).length;
    expect(Math.abs(zeros / size - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / size));
    for (const value of new Set(y)) expect([0, 1 / (1 - rate)]).toContain(value);
  }
});

test('two calls, two layers and two steps drop different elements, and a gradient passes the same ones', () => {
  const root = scope();
  const x = input('x', [200]);
  const network = dropout(0.5)(root.child('a'));
  const masks = [network(x), network(x), dropout(0.5)(root.child('b'))(x)];
  const values = { x: new Float64Array(200).fill(1) };
  const drawn = evaluate(masks, { values }).map((mask) => [...mask].join());
  const [later] = evaluate(masks, { values, step: 1 });
  expect(new Set([...drawn, [...later].join()]).size).toBe(4);
  const [mask, gradient] = evaluate([masks[0], grad(masks[0].sum(), [x])[0]], { values });
  expect([...gradient]).toEqual([...mask]);
});

test('dropout passes everything on in evaluation, and at rate 0', () => {
  const x = input('x', [3]);
  expect(dropout(0.5)(scope(false))(x)).toBe(x);
  expect(dropout(0)(scope())(x)).toBe(x);
});

test('a rate that is no probability below 1 is refused', () => {
  for (const rate of [-0.1, 1, Number.NaN]) {
    expect(() => dropout(rate)).toThrow(`dropout: rate ${rate} is not in [0, 1)`);
  }
});
