import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { compute, tableOf, valuesOn } from '../conformance/models.js';
import type { Column } from '../data/index.js';
import { initialValues } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import { concat, constant, fill, grad, input, type Tensor } from '../tensor/index.js';
import { describeData, likelihoodFor, likelihoodOptions } from './index.js';

function tableLikelihoodOf(columns: readonly Column[]) {
  const table = new VariableTable();
  const data = describeData(tableOf(columns), { size: 1 });
  const scope = table.scope({ training: true });
  const likelihood = likelihoodFor(data, likelihoodOptions.parse({}), scope);
  const values = Object.fromEntries(initialValues(table.variables.values(), 0));
  return { data, likelihood, scope, values };
}

const numeric: Column = { name: 'length', type: 'numeric', mean: 10, deviation: 4 };
const count: Column = { name: 'visits', type: 'count', mean: 1, deviation: 0.5 };
const binary: Column = { name: 'smoker', type: 'binary', categories: ['no', 'yes'] };
const categorical: Column = { name: 'city', type: 'categorical', categories: ['Rome', 'Oslo', 'Lima'] };
const ordinal: Column = { name: 'grade', type: 'ordinal', categories: ['low', 'mid', 'high', 'top'] };
const all = [numeric, count, binary, categorical, ordinal];

/** −log p of stored values of one column, given the decoder's numbers. */
function costs(column: Column, output: number[], stored: number[]): number[] {
  const { data, likelihood, values } = tableLikelihoodOf([column]);
  const p = likelihood.distribution(constant(output).broadcastTo([stored.length, output.length]));
  return compute([p.nll(data.toModel(constant(stored).reshape([stored.length, 1])))], { values })[0];
}

test('a decoder gives one number per column, and one per category', () => {
  expect(tableLikelihoodOf(all).likelihood.outputShape).toEqual([1 + 1 + 1 + 3 + 1]);
});

test('the probabilities of all values of a column sum to 1', () => {
  const total = (column: Column, output: number[], values: number[]) =>
    costs(column, output, values).reduce((sum, cost) => sum + Math.exp(-cost), 0);
  expect(total(binary, [1.3], [0, 1])).toBeCloseTo(1, 12);
  expect(total(categorical, [0.2, -3, 7], [0, 1, 2])).toBeCloseTo(1, 12);
  expect(total(ordinal, [0.7], [0, 1, 2, 3])).toBeCloseTo(1, 9);
  expect(
    total(
      count,
      [2],
      Array.from({ length: 200 }, (_, k) => k),
    ),
  ).toBeCloseTo(1, 7);
});

test('a numeric column’s density integrates to 1 over its standard score', () => {
  const scores = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 100);
  const stored = scores.map((score) => 10 + 4 * score);
  const total = costs(numeric, [0.4], stored).reduce((sum, cost) => sum + Math.exp(-cost) / 100, 0);
  expect(total).toBeCloseTo(1, 9);
});

test('a row costs the sum of its columns', () => {
  const outputs = [[0.4], [2], [1.3], [0.2, -3, 0.5], [0.7]];
  const stored = [11, 6, 1, 0, 2];
  const { data, likelihood, values } = tableLikelihoodOf(all);
  const p = likelihood.distribution(constant(outputs.flat()).reshape([1, 7]));
  const [[cost]] = compute([p.nll(data.toModel(constant(stored).reshape([1, 5])))], { values });
  const apart = all.map((column, i) => costs(column, outputs[i], [stored[i]])[0]);
  expect(cost).toBeCloseTo(
    apart.reduce((a, b) => a + b, 0),
    9,
  );
});

test('each draw of a code has its own cost', () => {
  const { data, likelihood, values } = tableLikelihoodOf(all);
  const x = data.toModel(constant([11, 6, 1, 0, 2, 3, 0, 0, 2, 0]).reshape([2, 5]));
  const output = input('output', [3, 2, 7]);
  const flat = Float64Array.from({ length: 42 }, (_, i) => Math.sin(i));
  const [together, one] = compute(
    [
      likelihood.distribution(output).nll(x),
      likelihood.distribution(output.sliceAlong(0, 1, 2).reshape([2, 7])).nll(x),
    ],
    { values: { ...values, output: flat } },
  );
  expect(together.length).toBe(6);
  expect(together.slice(2, 4)).toEqual(one.map((cost) => expect.closeTo(cost, 12)));
});

test('the mean is the expected value of each column, as models see it', () => {
  const { data, likelihood, values } = tableLikelihoodOf(all);
  const p = likelihood.distribution(
    constant([0.4, Math.log(20), 1.3, ...[0, 0, Math.log(2)], 9]).reshape([1, 7]),
  );
  const [mean, stored] = compute([p.mean, data.fromModel(p.mean)], { values });
  expect(mean.length).toBe(10);
  expect(mean[0]).toBe(0.4);
  expect(mean[2]).toBeCloseTo(1 / (1 + Math.exp(-1.3)), 12);
  expect(mean.slice(3, 6)).toEqual([0.25, 0.25, 0.5].map((share) => expect.closeTo(share, 12)));
  expect(mean.slice(6).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  expect(stored).toEqual([11.6, 20, 1, 2, 3].map((value) => expect.closeTo(value, 9)));
});

test('the decoder’s best numbers for a column are those of its data', () => {
  const optimum = (column: Column, output: number[], stored: number[]) => {
    const { data, likelihood, values } = tableLikelihoodOf([column]);
    const y = input('y', [1, output.length]);
    const x = data.toModel(constant(stored).reshape([stored.length, 1]));
    const nll = likelihood
      .distribution(y.broadcastTo([stored.length, output.length]))
      .nll(x)
      .mean();
    return compute(grad(nll, [y]), { values: { ...values, y: Float64Array.from(output) } })[0];
  };
  const zero = (gradient: number[]) =>
    gradient.forEach((g) => {
      expect(g).toBeCloseTo(0, 9);
    });
  zero(optimum(numeric, [0.5], [8, 16]));
  zero(optimum(count, [Math.log(4)], [0, 3, 9]));
  zero(optimum(binary, [Math.log(3)], [1, 1, 0, 1]));
  zero(optimum(categorical, [Math.log(2), 0, 0], [0, 0, 1, 2]));
});

test('values and gradients are finite at extremes, on every engine', async () => {
  const { data, likelihood, scope } = tableLikelihoodOf([
    ...all,
    { ...ordinal, categories: ['no', 'yes'] },
    { ...ordinal, categories: ['only'] },
  ]);
  const output = input('output', [1, 9]);
  const x = data.toModel(input('x', [1, 7]));
  const nll = likelihood.distribution(output).nll(x);
  const gradients: Record<string, Tensor> = {};
  for (const [i, g] of grad(nll.sum(), [output, ...scope.variables]).entries()) gradients[`g${i}`] = g;
  for (const { name, create } of engines) {
    for (const at of [0, 80, -80]) {
      const feeds = { output: new Float32Array(9).fill(at), x: Float32Array.of(-50, 1e6, 1, 0, 3, 0, 0) };
      const values = await valuesOn(create(), { nll, ...gradients }, { feeds });
      for (const [key, list] of Object.entries(values))
        for (const value of list) expect(Number.isFinite(value), `${key} at ${at} on ${name}`).toBe(true);
    }
  }
});

test('a Gaussian over a whole row takes the decoder’s numbers as means of all columns', () => {
  const data = describeData(tableOf(all), { size: 1 });
  const scope = new VariableTable().scope({ training: true });
  const likelihood = likelihoodFor(data, likelihoodOptions.parse({ sigma: 'fixed' }), scope);
  expect(likelihood.outputShape).toEqual([10]);
  const x = concat([fill([1, 4], 1), fill([1, 6], 0)]);
  expect(compute([likelihood.distribution(x).nll(x)])[0][0]).toBeCloseTo(5 * Math.log(2 * Math.PI), 9);
});

test('draws of every column have its probabilities, independently of the other columns', () => {
  const N = 20_000;
  const { data, likelihood, values } = tableLikelihoodOf([...all, binary]);
  const output = [0.4, 1, 0.5, 0.2, -1, 0.7, 0.3, 0.5];
  const p = likelihood.distribution(constant(output).broadcastTo([N, output.length]));
  const [drawn, mean] = compute([p.sample({ stream: 'likelihood' }), p.mean], { values });
  const width = data.shape[0];
  const column = (j: number) => Array.from({ length: N }, (_, i) => drawn[i * width + j]);
  const average = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / N;
  // Binary, categorical and ordinal columns: the share of each value is its mean.
  for (const j of [2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    const share = mean[j];
    expect(Math.abs(average(column(j)) - share), `${j}`).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / N),
    );
  }
  for (const [from, to] of [
    [3, 6],
    [6, 10],
  ])
    for (let i = 0; i < N; i++) {
      const row = Array.from({ length: to - from }, (_, j) => drawn[i * width + from + j]);
      if (row.filter((value) => value === 1).length !== 1 || row.some((value) => value !== 0 && value !== 1))
        expect(row, `row ${i}`).toBe('one-hot');
    }
  // The first deviation of a numeric column is 1.
  expect(Math.abs(average(column(0)) - 0.4)).toBeLessThan(4 / Math.sqrt(N));
  expect(Math.abs(average(column(0).map((x) => (x - 0.4) ** 2)) - 1)).toBeLessThan(0.05);
  const counts = column(1).map((score) => Math.round(Math.expm1(1 + 0.5 * score)));
  expect(Math.abs(average(counts) - Math.E)).toBeLessThan(4 * Math.sqrt(Math.E / N));
  // Two columns with one and the same distribution: 4 deviations of their covariance.
  const [first, second] = [column(2), column(10)];
  const covariance = average(first.map((value, i) => value * second[i])) - average(first) * average(second);
  expect(Math.abs(covariance)).toBeLessThan(4 * 0.25 * Math.sqrt(1 / N));
});
