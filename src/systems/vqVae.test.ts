import { describe, expect, test } from 'vitest';
import { build, compute, numericTable, pictures, termValue } from '../conformance/models.js';
import { type Feeds, initialValues } from '../engine/index.js';
import { type Draws, grad, sizeOf } from '../tensor/index.js';
import { describeData, type Model, type Term, toWeighted, uniformNats, vqVae, vqVae2 } from './index.js';

const K = 7;
const COUNT = 3;
const images = describeData(pictures(16, 18, 1), { size: 50 });
const rows = describeData(numericTable(5), { size: 50 });
const small = { channels: 6, blockChannels: 3, blocks: 1, codes: K, codeDimension: 4 };
const forRows = { hidden: [9], codes: K, codeDimension: 4, groups: 3 };
const levels = Uint8Array.from({ length: COUNT * 16 * 18 }, (_, i) => (i * 89) % 256);
const numbers = Float64Array.from({ length: COUNT * 5 }, (_, i) => Math.sin(i));

const kinds = [
  ['pictures', vqVae, images, small, levels],
  ['tables', vqVae, rows, forRows, numbers],
  [
    'pictures with residual codebooks',
    vqVae,
    images,
    { ...small, quantiser: 'residual', codebooks: 2 },
    levels,
  ],
  [
    'pictures with finite scalars',
    vqVae,
    images,
    { channels: 6, blockChannels: 3, blocks: 1, quantiser: 'fsq', scalarLevels: [3, 4] },
    levels,
  ],
  ['pictures at two resolutions', vqVae2, images, small, levels],
  ['pictures at three resolutions', vqVae2, images, { ...small, maps: 'three' }, levels],
] as const;

describe.each(kinds)('%s', (_, system, data, options, x) => {
  const discreteOf = ({ discrete }: Model) => {
    if (!discrete) throw new Error('there are no indices');
    return discrete;
  };

  test('the code is what its indices stand for, and what the objective explains samples by', () => {
    const { model, batch } = build(system, data, options, { training: false });
    const discrete = discreteOf(model);
    const given = batch(COUNT);
    const indices = discrete.indices(given);
    expect(indices.map(({ shape, dtype }) => [shape, dtype])).toEqual(
      discrete.maps.map(({ shape }) => [[COUNT, ...shape], 'int32']),
    );
    const code = model.encode(given);
    expect(code.shape).toEqual([COUNT, ...model.codeShape]);
    const likelihood = model.likelihood?.(code);
    if (!likelihood) throw new Error('there is no likelihood');
    const [encoded, looked, nll, reconstruction, ...chosen] = compute(
      [
        code,
        discrete.lookup(indices),
        likelihood.nll(given.x),
        termValue(model.objective(given).reconstruction),
        ...indices,
      ],
      { values: { x } },
    );
    expect(looked).toEqual(encoded);
    reconstruction.forEach((value, i) => {
      expect(value).toBeCloseTo(nll[i], 9);
    });
    chosen.forEach((map, m) => {
      for (const index of map) expect(index >= 0 && index < discrete.maps[m].size).toBe(true);
    });
  });

  test('what entries are chosen for becomes the code where it is quantised', () => {
    const { model, batch } = build(system, data, options, { training: false });
    const { unquantised, quantise } = discreteOf(model);
    const given = batch(COUNT);
    const vectors = unquantised?.(given) ?? given.x;
    expect(vectors.shape).toEqual([COUNT, ...model.codeShape]);
    const [before, after, code] = compute([vectors, quantise?.(vectors) ?? vectors, model.encode(given)], {
      values: { x },
    });
    code.forEach((value, i) => {
      expect(after[i]).toBeCloseTo(value, 9);
    });
    expect(before).not.toEqual(after);
  });

  test('the KL from a uniform prior is P log K of every map: in the bound, and not paid for', () => {
    const { model, batch } = build(system, data, options);
    const { maps } = discreteOf(model);
    const expected = maps.reduce((sum, { shape, size }) => sum + sizeOf(shape) * Math.log(size), 0);
    const { kl } = model.objective(batch(COUNT));
    expect(toWeighted(kl)).toMatchObject({ weight: 0, role: 'bound' });
    for (const value of compute([termValue(kl)])[0]) expect(value).toBeCloseTo(expected, 10);
    expect(uniformNats(maps)).toBeCloseTo(expected, 12);
  });

  test('draws from the prior are codes, and decode to samples', () => {
    const { model } = build(system, data, options, { training: false });
    const prior = model.prior?.(5);
    if (!prior) throw new Error('there is no prior');
    expect(prior.name).toBe('uniform over the indices of codes');
    expect(prior.sample({ draws: 2 }).shape).toEqual([2, 5, ...model.codeShape]);
    expect(prior.mean.shape).toEqual([5, ...model.codeShape]);
    const decoded = model.decode(prior.sample());
    expect(decoded.shape).toEqual([5, ...data.shape]);
    for (const value of compute([decoded])[0]) expect(Number.isFinite(value)).toBe(true);
  });

  test('evaluation moves nothing', () => {
    const { model, batch, scope } = build(system, data, options, { training: false });
    model.objective(batch(COUNT));
    model.encode(batch(COUNT));
    expect(scope.updates.size).toBe(0);
  });

  test('the start scales each number of the vectors to mean 0 and variance 1 over samples, and puts codebooks among them', () => {
    const { model, batch, scope } = build(system, data, options, { training: false });
    const { start } = model;
    if (!start) throw new Error('nothing starts from data');
    const observed = start.observe(batch(COUNT));
    const named = (weights: Feeds) => {
      const found = compute(Object.values(observed), { values: { x, ...weights } });
      return Object.fromEntries(Object.keys(observed).map((name, i) => [name, Float32Array.from(found[i])]));
    };
    const initial = new Map(initialValues(scope.variables, 1));
    const draws: Draws = {
      normal: (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
      uniform: (count: number) => Float32Array.from({ length: count }, (_, i) => (i * 0.37) % 1),
      of: () => draws,
    };
    const begun = start.initialise(named({}), draws, ({ name }) =>
      Float32Array.from(initial.get(name) ?? []),
    );
    const weights = Object.fromEntries(Array.from(begun, ([{ name }, value]) => [name, value]));
    const [outputs] = Array.from(begun.keys()).flatMap(({ name, size }) =>
      name.endsWith('bias') ? [size] : [],
    );
    const { samples, ...vectors } = named(weights);
    expect(samples === undefined).toBe(data.spec.kind === 'table');
    for (const values of Object.values(vectors)) {
      for (let j = 0; j < outputs; j++) {
        const column = values.filter((_, i) => i % outputs === j);
        const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
        expect(mean).toBeCloseTo(0, 4);
        expect(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length).toBeCloseTo(1, 3);
      }
    }
    if (samples) {
      // A decoder whose weights say nothing shows the mean of all pixels.
      const bias = [...begun].filter(([{ name }]) => name.startsWith('decoder')).map(([, value]) => value);
      const pixels = Array.from(x).reduce((sum, level) => sum + level / 255, 0) / x.length;
      expect(bias).toHaveLength(1);
      expect(1 / (1 + Math.exp(-bias[0][0]))).toBeCloseTo(pixels, 5);
    }
    const codebooks = scope.variables.filter(({ name }) => name.endsWith('codebook'));
    const isFsq = 'quantiser' in options && options.quantiser === 'fsq';
    expect(codebooks).toHaveLength(isFsq ? 0 : discreteOf(model).maps.length);
    for (const codebook of codebooks) {
      const size = Math.sqrt(weights[codebook.name].reduce((sum, v) => sum + v ** 2, 0) / codebook.size);
      expect(weights[codebook.name]).toHaveLength(codebook.size);
      // What later codebooks of a residual quantiser are for has less variance.
      if (!('codebooks' in options)) expect(Math.abs(Math.log(size))).toBeLessThan(Math.log(3));
    }
  });
});

test.each([
  ['vq', {}],
  ['residual', { codebooks: 2 }],
])('with gradients (%s), each term reaches what it is for: decoder, encoder, codebook', (quantiser, more) => {
  const options = { ...small, quantiser, update: 'gradient', ...more };
  const { model, batch, scope } = build(vqVae, images, options);
  const terms = model.objective(batch(COUNT));
  const reached = (term: Term) => {
    const weights = scope.variables;
    const slopes = compute(grad(termValue(term).mean(), weights), { values: { x: levels } });
    const moved = weights.filter((_, i) => slopes[i].some((value) => value !== 0));
    return [...new Set(moved.map(({ name }) => name.split('.')[0]))].sort();
  };
  expect(reached(terms.reconstruction)).toEqual(['decoder', 'encoder', 'vectors']);
  expect(reached(terms.codebook)).toEqual(['quantiser']);
  expect(reached(terms.commitment)).toEqual(['encoder', 'vectors']);
});

test('distances are penalties with their weights, by level where there are several', () => {
  const weightsOf = (system: typeof vqVae | typeof vqVae2, options: Record<string, unknown>) => {
    const { model, batch } = build(system, images, { ...small, ...options });
    const terms = Object.entries(model.objective(batch(COUNT))).slice(2);
    return terms.map(([name, term]) => [name, toWeighted(term).role, toWeighted(term).weight]);
  };
  expect(weightsOf(vqVae, {})).toEqual([['commitment', 'penalty', 0.25]]);
  expect(weightsOf(vqVae, { update: 'gradient', commitmentWeight: 2 })).toEqual([
    ['codebook', 'penalty', 1],
    ['commitment', 'penalty', 2],
  ]);
  expect(weightsOf(vqVae2, {})).toEqual([
    ['commitment.top', 'penalty', 0.25],
    ['commitment.bottom', 'penalty', 0.25],
  ]);
});

test('a level’s distance is a sum over its vector and a mean over its own positions', () => {
  const { model, batch } = build(vqVae2, images, small, { training: false });
  const given = batch(COUNT);
  const terms = model.objective(given);
  const vectors = model.discrete?.quantised?.(given) ?? [];
  expect(vectors.map(({ before }) => before.shape)).toEqual([
    [COUNT, 2, 3, 4],
    [COUNT, 4, 5, 4],
  ]);
  const values = compute(
    [
      termValue(terms['commitment.top']),
      termValue(terms['commitment.bottom']),
      ...vectors.map(({ before, after }) => before.sub(after).square()),
    ],
    { values: { x: levels } },
  );
  for (const [level, positions] of [6, 20].entries())
    for (let b = 0; b < COUNT; b++) {
      const own = values[2 + level].slice(b * positions * 4, (b + 1) * positions * 4);
      const expected = own.reduce((sum, square) => sum + square, 0) / positions;
      expect(values[level][b]).toBeCloseTo(expected, 10);
    }
});

test('what is inferred at the bottom depends on the code above it, and the decoder on both', () => {
  const { model, batch, scope } = build(vqVae2, images, { ...small, update: 'gradient' });
  const [, bottom] = model.discrete?.quantised?.(batch(COUNT)) ?? [];
  const rising = scope.variables.filter(({ name }) => name.startsWith('rise.0'));
  expect(rising.length).toBeGreaterThan(0);
  const slopes = compute(grad(bottom.before.square().sum(), rising), { values: { x: levels } });
  for (const slope of slopes) expect(slope.some((value) => value !== 0)).toBe(true);
});

test('options that change nothing are refused', () => {
  const refused = (options: Record<string, unknown>, data = images) => {
    try {
      build(vqVae, data, options);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  expect(refused({ quantiser: 'fsq', decay: 0.9 })).toBe(
    'decay: has no effect with quantiser fsq; leave it out',
  );
  expect(refused({ codebooks: 3 })).toBe('codebooks: has no effect with quantiser vq; leave it out');
  expect(refused({ update: 'gradient', restart: 10 })).toBe(
    'restart: has no effect with update gradient, only with ema; leave it out',
  );
  expect(refused({ hidden: [5] })).toBe(
    'hidden: has no effect with architecture conv; leave it out or choose another architecture',
  );
  expect(refused({ halvings: 1 }, rows)).toBe(
    'halvings: has no effect with architecture mlp; leave it out or choose another architecture',
  );
  expect(refused({ quantiser: 'fsq', scalarLevels: [4096, 4096] })).toMatch(/^scalarLevels: .*the most$/);
  expect(() => build(vqVae2, rows)).toThrow('takes pictures, but samples have shape [5]; use vq-vae');
  expect(() => build(vqVae2, describeData(pictures(4, 4, 1), { size: 9 }))).toThrow(
    'halvings: 2 before the finest map leave maps of [1, 1], [1, 1]; take fewer',
  );
});
