import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { evaluate } from '../evaluation/index.js';
import { VariableTable } from '../nn/index.js';
import { grad, input, step } from '../tensor/index.js';
import { Training } from '../training/index.js';
import { describeData } from './index.js';
import { kSparseAe } from './kSparseAe.js';

const data = describeData(pictures(3, 4, 1, 'float32'), { size: 10 });
const x = Float64Array.from({ length: 60 }, (_, i) => Math.abs(Math.sin(i + 1)));
const options = { latent: 16, k: 3 };

const rowsOf = (values: readonly number[], width: number) =>
  Array.from({ length: values.length / width }, (_, b) => values.slice(b * width, (b + 1) * width));
const support = (row: readonly number[]) => row.flatMap((value, j) => (value === 0 ? [] : [j]));

function codes(given: Record<string, unknown> = {}, values: Record<string, Float64Array> = {}) {
  const { model, batch } = build(kSparseAe, data, { ...options, ...given });
  return rowsOf(compute([model.encode(batch(5))], { values: { x, ...values } })[0], 16);
}

test('every sample has exactly k units, each sample its own', () => {
  for (const k of [1, 3, 16])
    expect(codes({ k }).map((row) => support(row).length)).toEqual(new Array(5).fill(k));
  expect(new Set(codes().map((row) => String(support(row)))).size).toBeGreaterThan(1);
});

test('the units are the k largest by value, or by magnitude if so asked', () => {
  const all = codes({ k: 16 });
  for (const byMagnitude of [false, true]) {
    const size = (value: number) => (byMagnitude ? Math.abs(value) : value);
    codes({ byMagnitude }).forEach((row, b) => {
      const largest = all[b].map((value, j) => ({ value: size(value), j })).sort((p, q) => q.value - p.value);
      const chosen = largest.slice(0, 3).map(({ j }) => j);
      expect(support(row)).toEqual(chosen.sort((p, q) => p - q));
      for (const j of chosen) expect(row[j]).toBe(all[b][j]);
    });
  }
  expect(codes({ byMagnitude: true })).not.toEqual(codes());
});

test('units of one value are chosen from the lowest index on', () => {
  const values = { 'tied.0.weight': new Float64Array(12 * 16), 'tied.0.bias': new Float64Array(16).fill(1) };
  expect(codes({}, values).map(support)).toEqual(new Array(5).fill([0, 1, 2]));
});

test('a constant added to every bias leaves the choice as it is', () => {
  const shifted = (by: number) => codes({}, { 'tied.0.bias': new Float64Array(16).fill(by) }).map(support);
  expect(shifted(0.7)).toEqual(shifted(0));
  expect(shifted(-5)).toEqual(shifted(0));
});

test('codes are given with alpha·k units', () => {
  expect(codes({ alpha: 2 }).map((row) => support(row).length)).toEqual(new Array(5).fill(6));
  expect(codes({ alpha: 10 }).map((row) => support(row).length)).toEqual(new Array(5).fill(16));
});

test('the loss is the squared distance from the reconstruction of k units', () => {
  const { model, batch } = build(kSparseAe, data, options, { training: false });
  const { reconstruction, ...others } = model.objective(batch(5));
  expect(others).toEqual({});
  const [loss, y] = compute([termValue(reconstruction), model.decode(model.encode(batch(5)))], {
    values: { x },
  });
  rowsOf(y, 12).forEach((row, b) => {
    expect(loss[b]).toBeCloseTo(
      row.reduce((sum, value, i) => sum + (x[12 * b + i] - value) ** 2, 0),
      9,
    );
  });
});

test('a gradient reaches the chosen units of a sample, and is that of finite differences for all', () => {
  const { model, batch, scope, table } = build(kSparseAe, data, options, { training: false });
  const loss = termValue(model.objective(batch(1)).reconstruction).sum();
  const bias = scope.variables.filter(({ name }) => name === 'tied.0.bias');
  const one = x.slice(0, 12);
  const initial = Object.fromEntries(initialValues(table.variables.values(), 1));
  const at = Float64Array.from({ length: 16 }, (_, j) => 0.01 * j);
  const values = { ...initial, x: one, 'tied.0.bias': at };
  const [[gradient], chosen] = [
    compute(grad(loss, bias), { values }),
    compute([model.encode(batch(1))], { values })[0],
  ];
  expect(support(gradient)).toEqual(support(chosen));
  gradient.forEach((value, i) => {
    const moved = (by: number) => {
      const shifted = at.map((b, j) => (i === j ? b + by : b));
      return compute([loss], { values: { ...values, 'tied.0.bias': shifted } })[0][0];
    };
    expect(value).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 7);
  });
});

test('k falls in a line from startK, which it has at the first step, and stays at its end', () => {
  const lossAt = (number: number) => {
    const clock = { step: step().cast('float32'), totalSteps: 20, stepsPerEpoch: 1 };
    const scope = new VariableTable().scope({ training: true, clock });
    const model = kSparseAe.build(data, kSparseAe.options.parse({ ...options, startK: 13 }), scope);
    const { reconstruction } = model.objective({ x: input('x', [5, 3, 4, 1]) });
    return compute([termValue(reconstruction)], { values: { x }, step: number })[0];
  };
  const lossOf = (k: number) => {
    const { model, batch } = build(kSparseAe, data, { ...options, k }, { training: false });
    return compute([termValue(model.objective(batch(5)).reconstruction)], { values: { x } })[0];
  };
  for (const [number, k] of [
    [0, 13],
    [1, 12],
    [4, 9],
    [9, 4],
    [10, 3],
    [19, 3],
  ])
    expect(lossAt(number), `step ${number}`).toEqual(lossOf(k));
});

test('with all units the linear optimum is that of principal components', async () => {
  const corners = Array.from({ length: 8 }, (_, i) => [2, 1, 0.5].map((s, j) => (i & (1 << j) ? s : -s)));
  const given = toy(numericTable(3), corners.flat());
  for (const engine of engines.slice(0, 2)) {
    const definition = runOf(kSparseAe, given, engine.create(), {
      options: { latent: 2, k: 2 },
      training: { steps: 1000, batchSize: 8, learningRate: 0.02, schedule: 'cosine' },
    });
    const model = await new Training(definition).finish();
    const { loss } = await evaluate(model.runner, given.source);
    // The variance of the third axis.
    expect(Math.abs(loss - 0.25)).toBeLessThan(1e-4);
  }
});

test('its filters are the weights of its units', () => {
  const { model } = build(kSparseAe, data, options);
  const filters = model.filters?.();
  if (!filters) throw new Error('k-sparse-ae shows no filters');
  expect(filters.shape).toEqual([16, 3, 4, 1]);
  const weight = Float64Array.from({ length: 12 * 16 }, (_, i) => i);
  const [values] = compute([filters], { values: { 'tied.0.weight': weight } });
  expect(values.slice(12, 24)).toEqual(Array.from({ length: 12 }, (_, i) => 16 * i + 1));
});

test('counts that do not fit the units are refused', () => {
  const refused = (given: Record<string, unknown>) =>
    expect(() => build(kSparseAe, data, { ...options, ...given }));
  refused({ k: 17 }).toThrow('k: chooses among the 16 units of latent and cannot be 17; lower it');
  refused({ startK: 2 }).toThrow('startK: falls to k and lies between 3 and latent, 16; it cannot be 2');
  refused({ startK: 17 }).toThrow('startK: falls to k and lies between 3 and latent, 16; it cannot be 17');
});
