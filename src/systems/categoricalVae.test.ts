import { expect, test } from 'vitest';
import { build, compute, optionsOf, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { OneHotCategorical } from '../probability/index.js';
import { constant, grad } from '../tensor/index.js';
import { annealed, categoricalVae, describeData, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 50 });
const small = { architecture: 'mlp', hidden: [6], variables: 3, categories: 4 };
const COUNT = 5;
const x = Uint8Array.from({ length: COUNT * 12 }, (_, i) => (i * 89) % 256);

/** A build of a training at some step. */
function at(step: number, options: Record<string, unknown>) {
  const clock = { step: constant(step), totalSteps: 10_000, stepsPerEpoch: 10 };
  const scope = new VariableTable().scope({ training: true, clock });
  const model = categoricalVae.build(
    data,
    categoricalVae.options.parse(optionsOf(categoricalVae, { ...small, ...options })),
    scope,
  );
  const { batch } = build(categoricalVae, data, small);
  return { model, given: batch(COUNT), scope };
}

test('the temperature falls with the step of the run, in stairs, and not below its least', () => {
  const schedule = { from: 1, to: 0.5, rate: 1e-4, every: 500 };
  const temperatureAt = (step: number) => {
    const clock = { step: constant(step), totalSteps: 10_000, stepsPerEpoch: 10 };
    const [[value]] = compute([annealed(new VariableTable().scope({ training: true, clock }), schedule)]);
    return value;
  };
  expect(temperatureAt(0)).toBe(1);
  expect(temperatureAt(499)).toBe(1);
  expect(temperatureAt(500)).toBeCloseTo(Math.exp(-0.05), 12);
  expect(temperatureAt(3999)).toBeCloseTo(Math.exp(-0.35), 12);
  expect(temperatureAt(9999)).toBe(0.5);
  expect(() =>
    categoricalVae.require?.({
      options: categoricalVae.options.parse({ temperature: 0.4 }),
      data,
      run: { batchSize: 10, isLengthGiven: true },
    }),
  ).toThrow('temperature: of 0.4 lies below minTemperature 0.5, so that nothing falls');
});

test('at a lower temperature the same noise makes another reconstruction, and the same KL', () => {
  const termsAt = (step: number) => {
    const { model, given } = at(step, { temperatureRate: 1e-4, temperatureEvery: 1 });
    const { reconstruction, kl } = model.objective(given);
    return compute([termValue(reconstruction), termValue(kl)], { values: { x } });
  };
  const [early, late] = [termsAt(0), termsAt(6000)];
  expect(early[0]).not.toEqual(late[0]);
  expect(early[1]).toEqual(late[1]);
});

test('the KL is that of the categories, at most M log K, with a coordinate for each variable', () => {
  const { model, given } = at(0, { beta: 2 });
  const term = toWeighted(model.objective(given).kl);
  expect(term).toMatchObject({ weight: 2, role: 'bound' });
  expect(term.coordinates?.shape).toEqual([COUNT, 3]);
  for (const value of compute([term.value], { values: { x } })[0]) {
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(3 * Math.log(4));
  }
});

test('evaluation draws categories, whatever the training draws', () => {
  const options = ['soft', 'hard'].map((draw) => ({ ...small, draw }));
  const values = [...options, { ...small, bound: 'relaxed' }].map((given) => {
    const { model, batch } = build(categoricalVae, data, given, { training: false });
    const { reconstruction, kl } = model.objective(batch(COUNT));
    return compute([termValue(reconstruction), termValue(kl)], { values: { x } });
  });
  expect(values[1]).toEqual(values[0]);
  expect(values[2]).toEqual(values[0]);
  const { model, batch } = build(categoricalVae, data, small, { training: false });
  const q = model.posterior?.(batch(COUNT));
  const likelihood = q && model.likelihood?.(q.sample());
  if (!likelihood) throw new Error('there is no likelihood');
  expect(compute([likelihood.nll(batch(COUNT).x)], { values: { x } })[0]).toEqual(values[0][0]);
});

test('a hard draw of training costs what a draw of categories does', () => {
  const { model, given } = at(0, { draw: 'hard' });
  const { batch, model: evaluated } = build(categoricalVae, data, small, { training: false });
  const [hard] = compute([termValue(model.objective(given).reconstruction)], { values: { x } });
  const [drawn] = compute([termValue(evaluated.objective(batch(COUNT)).reconstruction)], { values: { x } });
  hard.forEach((value, i) => {
    expect(value).toBeCloseTo(drawn[i], 10);
  });
});

test('with the strict bound the KL is that of the relaxed draws: the same at every temperature, and more than the categories', () => {
  const many = Uint8Array.from({ length: 400 * 12 }, (_, i) => (i * 89) % 256);
  const sharp = Float64Array.from({ length: 72 }, (_, i) => 3 * Math.sin(i));
  const valuesOf = (options: Record<string, unknown>) => {
    const { model } = at(0, options);
    const { batch } = build(categoricalVae, data, small);
    const values = { x: many, 'logits.0.weight': sharp };
    return compute([termValue(model.objective(batch(400)).kl)], { values })[0];
  };
  const relaxed = valuesOf({ bound: 'relaxed' });
  // Another temperature stretches log y of posterior and prior alike, and their ratio stays.
  valuesOf({ bound: 'relaxed', temperature: 0.5 }).forEach((value, i) => {
    expect(value).toBeCloseTo(relaxed[i], 8);
  });
  // The category is a function of the relaxed draw, and no function of a draw tells more than the draw.
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  expect(mean(relaxed)).toBeGreaterThan(mean(valuesOf({})));
});

test('the encoder learns from both terms, the decoder from the reconstruction alone', () => {
  for (const given of [{}, { draw: 'hard' }, { bound: 'relaxed' }]) {
    const { model, given: batch, scope } = at(0, given);
    const { reconstruction, kl } = model.objective(batch);
    const reached = (term: typeof kl) => {
      const slopes = compute(grad(termValue(term).mean(), scope.variables), { values: { x } });
      const moved = scope.variables.filter((_, i) => slopes[i].some((value) => value !== 0));
      return [...new Set(moved.map(({ name }) => name.split('.')[0]))];
    };
    expect(reached(reconstruction)).toEqual(['encoder', 'logits', 'decoder']);
    expect(reached(kl)).toEqual(['encoder', 'logits']);
  }
});

test('the code is the likeliest category of each variable, by its index', () => {
  const { model, batch } = build(categoricalVae, data, small, { training: false });
  const { discrete } = model;
  const q = model.posterior?.(batch(COUNT));
  if (!discrete || !(q instanceof OneHotCategorical)) throw new Error('codes are no categories');
  expect(discrete.maps).toEqual([{ name: 'codes', shape: [3], size: 4 }]);
  const indices = discrete.indices(batch(COUNT));
  const [code, looked, probs, chosen] = compute(
    [model.encode(batch(COUNT)), discrete.lookup(indices), q.mean, indices[0]],
    { values: { x } },
  );
  expect(looked).toEqual(code);
  chosen.forEach((index, row) => {
    const own = probs.slice(row * 4, (row + 1) * 4);
    expect(index).toBe(own.indexOf(Math.max(...own)));
  });
});

test('hard draws have no relaxed density', () => {
  expect(() => build(categoricalVae, data, { ...small, draw: 'hard', bound: 'relaxed' })).toThrow(
    'bound: relaxed is about the density of soft draws; leave draw hard out',
  );
});
