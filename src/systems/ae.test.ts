import { expect, test } from 'vitest';
import { build, compute, numericTable, pictures, tableOf, termValue } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { grad, input } from '../tensor/index.js';
import { ae, describeData } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);
const identity: Layer = () => (t) => t;

/** The objective's one term, and the reconstruction, of five samples. */
function run(options: Record<string, unknown>) {
  const { model, batch } = build(ae, data, { ...small, ...options });
  const { reconstruction, ...others } = model.objective(batch(5));
  expect(others).toEqual({});
  const [cost, y] = compute([termValue(reconstruction), model.decode(model.encode(batch(5)))], {
    values: { x },
  });
  const rows = (values: ArrayLike<number>) =>
    Array.from({ length: 5 }, (_, b) => Array.from(values).slice(12 * b, 12 * b + 12));
  return { cost, y: rows(y), x: rows(Float64Array.from(x, (level) => level / 255)) };
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

test('mse is the squared distance of a sample from its reconstruction: no ½ and no mean', () => {
  const { cost, x, y } = run({ cost: 'mse' });
  cost.forEach((value, b) => {
    expect(value).toBeCloseTo(sum(x[b].map((v, i) => (v - y[b][i]) ** 2)), 9);
  });
});

test('l1 is the sum of absolute differences', () => {
  const { cost, x, y } = run({ cost: 'l1' });
  cost.forEach((value, b) => {
    expect(value).toBeCloseTo(sum(x[b].map((v, i) => Math.abs(v - y[b][i]))), 9);
  });
});

test('bernoulli is the cross-entropy of the reconstruction, whose values are probabilities', () => {
  const { cost, x, y } = run({ cost: 'bernoulli' });
  const entropy = (v: number, p: number) => -v * Math.log(p) - (1 - v) * Math.log(1 - p);
  cost.forEach((value, b) => {
    expect(value).toBeCloseTo(sum(x[b].map((v, i) => entropy(v, y[b][i]))), 9);
  });
});

test('an invertible map put in after the encoder and undone before the decoder changes nothing', () => {
  const table = describeData(numericTable(3), { size: 10 });
  const {
    model,
    batch,
    table: variables,
  } = build(ae, table, { encoder: identity, decoder: linear(3), latent: 2 });
  const loss = termValue(model.objective(batch(4)).reconstruction);
  const initial = Object.fromEntries(initialValues(variables.variables.values(), 1));
  const rows = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
  // A = [[2, 1], [3, 5]], A⁻¹ = [[5, −1], [−3, 2]] / 7: codes z A, decoder rows A⁻¹ W.
  const into = ([a, b]: number[]) => [2 * a + 3 * b, a + 5 * b];
  const code = initial['code.weight'];
  const [w0, w1] = [initial['decoder.weight'].slice(0, 3), initial['decoder.weight'].slice(3)];
  const mapped = {
    'code.weight': Float64Array.from([0, 2, 4].flatMap((i) => into([code[i], code[i + 1]]))),
    'code.bias': Float64Array.from(into(Array.from(initial['code.bias']))),
    'decoder.weight': Float64Array.from([
      ...Array.from(w0, (value, i) => (5 * value - w1[i]) / 7),
      ...Array.from(w0, (value, i) => (-3 * value + 2 * w1[i]) / 7),
    ]),
  };
  const [before] = compute([loss], { values: { x: rows } });
  const [after] = compute([loss], { values: { x: rows, ...mapped } });
  after.forEach((value, b) => {
    expect(value).toBeCloseTo(before[b], 9);
  });
});

test('tied layers have one matrix each, used both ways, and gradients from both', () => {
  const { model, batch, scope } = build(ae, data, { ...small, tied: true });
  expect(scope.variables.map(({ shape }) => shape)).toEqual([[12, 6], [6], [12], [6, 2], [2], [6]]);
  const loss = termValue(model.objective(batch(5)).reconstruction).mean();
  for (const gradient of compute(grad(loss, scope.variables), { values: { x } }))
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0);
  expect(model.decode(input('z', [2, 2])).shape).toEqual([2, 3, 4, 1]);
});

test('a tied linear layer decodes with the transpose of its encoder', () => {
  const table = describeData(numericTable(2), { size: 10 });
  const { model, batch } = build(ae, table, { tied: true, latent: 1, hidden: [], architecture: 'mlp' });
  const values = {
    x: Float64Array.of(3, 4),
    'tied.0.weight': Float64Array.of(0.6, 0.8),
    'tied.0.bias': Float64Array.of(1),
  };
  const [code, y] = compute([model.encode(batch(1)), model.decode(model.encode(batch(1)))], { values });
  expect(code[0]).toBeCloseTo(6, 9);
  expect(y).toEqual([3.6, 4.8].map((value) => expect.closeTo(value, 9)));
});

test('a code has no prior, so nothing can be sampled', () => {
  const { model } = build(ae, data, small);
  expect(model.prior).toBeUndefined();
  expect(model.posterior).toBeUndefined();
});

test('bernoulli costs are refused for tables, whose values are no probabilities', () => {
  const table = describeData(tableOf([{ name: 'a', type: 'numeric' }]), { size: 10 });
  expect(() => build(ae, table, { cost: 'bernoulli' })).toThrow(
    'cost: bernoulli is for pictures, whose values lie in [0, 1]; use mse or l1',
  );
});
