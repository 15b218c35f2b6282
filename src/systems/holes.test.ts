import { expect, test } from 'vitest';
import { build, compute, tableOf, termValue } from '../conformance/models.js';
import type { Column, SampleSpec } from '../data/index.js';
import { initialValues } from '../engine/index.js';
import { constant, grad, type Tensor, type Variable } from '../tensor/index.js';
import { describeData, ObservedOnly, observedOf, systems, withHoles } from './index.js';

const columns: readonly Column[] = [
  { name: 'a', type: 'numeric', mean: 3, deviation: 2 },
  { name: 'b', type: 'count', mean: 1, deviation: 0.5 },
  { name: 'c', type: 'categorical', categories: ['x', 'y', 'z'] },
  { name: 'd', type: 'ordinal', categories: ['low', 'mid', 'high'] },
  { name: 'e', type: 'binary', categories: ['no', 'yes'] },
];
const whole = tableOf(columns);
const holed: SampleSpec = whole.kind === 'table' ? { ...whole, holes: true } : whole;
const ROWS = [
  [3.5, 2, 1, 0, 1],
  [1, 0, 2, 2, 0],
  [6, 7, 0, 1, 1],
  [2, 3, 1, 2, 0],
];
const N = Number.NaN;
const HOLED = [
  [3.5, N, 1, 0, 1],
  [N, 0, N, 2, 0],
  [6, 7, 0, N, N],
  [N, N, N, N, N],
];
const labels = [0, 1, 1, 0];
const takers = systems.filter(({ takesHoles }) => takesHoles);
const described = (spec: SampleSpec) => describeData(spec, { classes: 2, size: 40 });
const total = (terms: readonly Tensor[]) => terms.reduce((sum, term) => sum.add(term));

/** A model's terms of four rows and their gradients. */
function objectiveOf(
  system: (typeof systems)[number],
  spec: SampleSpec,
  seen: (x: Tensor) => Tensor = (x) => x,
) {
  const options = {
    ...(system.name === 'f-vae' ? { flow: 'general' } : {}),
    ...('discriminator' in system.options.shape ? { discriminator: [8] } : {}),
    hidden: [6],
  };
  const built = build(system, described(spec), options);
  const batch = built.batch(ROWS.length);
  const terms = Object.entries(built.model.objective({ ...batch, x: seen(batch.x) }));
  const variables = [...built.table.variables.values()];
  const values = terms.map(([, term]) => termValue(term));
  const trainable = variables.filter(({ trainable }) => trainable);
  const gradients = grad(total(values.map((value) => value.sum())), trainable);
  return { values, gradients, variables };
}

const feeds = (rows: readonly (readonly number[])[]) => ({
  x: Float32Array.from(rows.flat()),
  labels: Int32Array.from(labels),
});

test('most systems take holes, and all that look at samples in another way do not', () => {
  const others = systems.filter(({ takesHoles }) => !takesHoles).map(({ name }) => name);
  expect(others.sort()).toEqual(
    [
      'contractive-ae',
      'dfc-vae',
      'k-sparse-ae',
      'msssim-vae',
      'nvae',
      'pointcloud-ae',
      'r-gan',
      'stacked-dae',
      'td-vae',
      'vae-gan',
      'vq-vae',
      'vq-vae-2',
    ].sort(),
  );
});

for (const system of takers) {
  test(`${system.name}: where nothing is missing, all terms are those of whole samples`, () => {
    const plain = objectiveOf(system, whole);
    const masked = objectiveOf(system, holed);
    const initial = initialValues(plain.variables, 1);
    // Rows of weights behind those of the sample are the mask's, and add a bias where nothing is missing.
    const embedded = masked.variables.map((variable) => [variable.name, fitted(variable, initial)] as const);
    const own = compute(plain.values, { values: { ...feeds(ROWS), ...Object.fromEntries(initial) } });
    const same = compute(masked.values, { values: { ...feeds(ROWS), ...Object.fromEntries(embedded) } });
    expect(same.length).toBe(own.length);
    own.forEach((term, t) => {
      term.forEach((value, i) => {
        expect(same[t][i]).toBeCloseTo(value, 9);
      });
    });
  });

  test(`${system.name}: neither terms nor gradients depend on what is missing`, () => {
    const filledBy = (filler: number) => {
      const { values, gradients } = objectiveOf(system, holed, (x) => {
        const { isThere } = observedOf(x);
        return withHoles(isThere.where(x, filler), isThere.cast('float32'));
      });
      return compute([...values, ...gradients], { values: feeds(HOLED), seed: 5 });
    };
    const usual = filledBy(0);
    expect(usual.flat().every(Number.isFinite)).toBe(true);
    expect(usual.flat().some((value) => value !== 0)).toBe(true);
    for (const filler of [1e30, N]) expect(filledBy(filler)).toEqual(usual);
  });
}

/** The values of the variable of the same name, with zeros behind them where this one is longer. */
function fitted(variable: Variable, values: ReturnType<typeof initialValues>): Float32Array {
  const own = values.get(variable.name);
  if (!own) throw new Error(`whole samples have no ${variable.name}`);
  const longer = new Float32Array(variable.size);
  longer.set(own);
  return longer;
}

test('what is stored as NaN is NaN as models see it, a category in all its numbers, and nothing else is', () => {
  const data = described(holed);
  const [seen, plain] = compute([
    data.toModel(constant(HOLED.flat()).reshape([4, 5])),
    described(whole).toModel(constant(ROWS.flat()).reshape([4, 5])),
  ]);
  const of = [0, 1, 2, 2, 2, 3, 3, 3, 4];
  seen.forEach((value, i) => {
    const isMissing = Number.isNaN(HOLED[Math.floor(i / 9)][of[i % 9]]);
    if (isMissing) expect(value).toBeNaN();
    else expect(value).toBe(plain[i]);
  });
});

test('pictures that are binarised keep their holes', () => {
  const spec: SampleSpec = { kind: 'image', shape: [1, 3, 1], dtype: 'float32', range: [0, 1], holes: true };
  for (const binarise of ['dynamic', 'threshold'] as const) {
    const data = describeData(spec, { size: 4, binarise });
    const [seen] = compute([data.observe(constant([1, N, 0]).reshape([1, 1, 3, 1]))]);
    expect(seen).toEqual([1, N, 0]);
  }
});

test('the cost of a sample is that of what is there, and the analytic variance is that of what is there', () => {
  const table = tableOf(['a', 'b', 'c'].map((name) => ({ name, type: 'numeric' as const })));
  if (table.kind !== 'table') throw new Error('a table is expected');
  const [vae] = systems.filter(({ name }) => name === 'vae');
  const options = { likelihood: 'gaussian', sigma: 'optimal', hidden: [3], latent: 1 };
  const { model } = build(vae, describeData({ ...table, holes: true }, { size: 40 }), options);
  const p = model.likelihood?.(constant([[0.5], [1]].flat()).reshape([2, 1]));
  if (!(p instanceof ObservedOnly)) throw new Error('a likelihood of what is there is expected');
  const x = [1, N, 3, N, N, -2];
  const [nll, mean] = compute([p.nll(constant(x).reshape([2, 3])), p.mean]);
  const squares = x.map((value, i) => (value - mean[i]) ** 2);
  const there = squares.filter((square) => !Number.isNaN(square));
  const variance = there.reduce((sum, square) => sum + square, 0) / there.length;
  const of = (square: number) => 0.5 * (Math.log(2 * Math.PI * variance) + square / variance);
  expect(nll[0]).toBeCloseTo(of(squares[0]) + of(squares[2]), 9);
  expect(nll[1]).toBeCloseTo(of(squares[5]), 9);
});
