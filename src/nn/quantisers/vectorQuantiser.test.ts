import { describe, expect, test } from 'vitest';
import { evaluate, initialValues, type Values } from '../../engine/index.js';
import { RandomStream } from '../../random/index.js';
import { constant, type Draws, grad, input, type Tensor, type Variable } from '../../tensor/index.js';
import { VariableTable } from '../index.js';
import { type CodebookUpdate, residualQuantiser, vectorQuantiser } from './index.js';
import { nearest } from './nearest.js';

const K = 6;
const D = 3;
const ROWS = 40;
const vectors = new RandomStream(3, 'z').normal(new Float32Array(ROWS * D));
const z = constant(vectors, 'float32', [4, 2, ROWS / 8, D]);
const averaged = (decay: number, restartAfter = 0): CodebookUpdate => ({ kind: 'ema', decay, restartAfter });

function built(update: CodebookUpdate, training = true) {
  const scope = new VariableTable().scope({ training });
  return { scope, quantiser: vectorQuantiser({ codes: K, dimension: D, update }, scope) };
}

type State = Record<string, Values>;

const initial = (variables: Iterable<Variable>): State => Object.fromEntries(initialValues(variables, 1));

/** Variables after a step, and the values of some tensors in it. */
function step(updates: ReadonlyMap<Variable, Tensor>, state: State, also: readonly Tensor[] = [], at = 0) {
  const entries = [...updates];
  const roots = [...entries.map(([, value]) => value), ...also];
  const values = evaluate(roots, { values: state, step: at });
  const next = { ...state };
  entries.forEach(([{ name }], i) => {
    next[name] = values[i];
  });
  return { state: next, values: values.slice(entries.length) };
}

/** Means of the vectors that each entry is nearest to, and how many those are: what a Lloyd step does. */
function lloyd(codebook: Values) {
  const counts = new Array(K).fill(0);
  const means = Float64Array.from(codebook);
  const indices = Array.from({ length: ROWS }, (_, row) => {
    const distances = Array.from({ length: K }, (__, k) =>
      Array.from({ length: D }, (___, j) => (vectors[row * D + j] - codebook[k * D + j]) ** 2).reduce(
        (a, b) => a + b,
      ),
    );
    return distances.indexOf(Math.min(...distances));
  });
  for (let k = 0; k < K; k++) {
    const own = indices.flatMap((index, row) => (index === k ? [row] : []));
    counts[k] = own.length;
    if (own.length === 0) continue;
    for (let j = 0; j < D; j++)
      means[k * D + j] = own.reduce((sum, row) => sum + vectors[row * D + j], 0) / own.length;
  }
  return { indices, counts, means };
}

test('an entry is nearest by the squared distance, of equal ones the first, and chunks change nothing', () => {
  const codebook = constant([0, 0, 1, 0, 1, 0, 0, 2], 'float32', [4, 2]);
  const rows = constant([0.4, 0, 0.6, 0, 0.5, 0, 0, 1.1, 1, 0], 'float32', [5, 2]);
  for (const most of [1, 8, 12, 100]) {
    const [found] = evaluate([nearest(rows, codebook, most)]);
    expect(Array.from(found)).toEqual([0, 1, 0, 3, 1]);
  }
});

test('indices, entries and their sum with the gradient of z are those of the nearest entries', () => {
  const { scope, quantiser } = built(averaged(0.99));
  const { code, choices } = quantiser.quantise(z);
  const state = initial(scope.variables);
  const [codes, indices, entries] = evaluate(
    [code, choices[0].indices, quantiser.lookup([choices[0].indices])],
    {
      values: state,
    },
  );
  const { indices: expected } = lloyd(state.codebook);
  expect(Array.from(indices)).toEqual(expected);
  expect(codes).toEqual(entries);
  codes.forEach((value, i) => {
    expect(value).toBe(state.codebook[expected[Math.floor(i / D)] * D + (i % D)]);
  });
});

test('quantising a code returns it', () => {
  const { scope, quantiser } = built(averaged(0.99));
  const { code } = quantiser.quantise(z);
  const [once, twice] = evaluate([code, quantiser.quantise(code).code], { values: initial(scope.variables) });
  expect(twice).toEqual(once);
});

describe('with a codebook of running means', () => {
  test('counts begin at 1 and sums at the entries', () => {
    const { scope } = built(averaged(0.9));
    const { codebook, sums, counts } = initial(scope.variables);
    expect(sums).toEqual(codebook);
    expect(Array.from(counts)).toEqual(new Array(K).fill(1));
  });

  test('a step at decay 0 is one of Lloyd’s', () => {
    const { scope, quantiser } = built(averaged(0));
    quantiser.quantise(z);
    const before = initial(scope.variables);
    const { state } = step(scope.updates, before);
    const { means, counts } = lloyd(before.codebook);
    // The counts are smoothed by 1e-5 of about seven.
    means.forEach((mean, i) => {
      expect(Math.abs(state.codebook[i] - mean)).toBeLessThan(1e-5 * Math.max(1, Math.abs(mean)));
    });
    expect(Array.from(state.counts)).toEqual(counts);
  });

  test('many steps on the same vectors end where entries are the means of what chooses them', () => {
    const { scope, quantiser } = built(averaged(0.9));
    quantiser.quantise(z);
    let state = initial(scope.variables);
    for (let i = 0; i < 300; i++) state = step(scope.updates, state).state;
    const { means, counts } = lloyd(state.codebook);
    counts.forEach((count, k) => {
      if (count === 0) return;
      for (let j = 0; j < D; j++) {
        const mean = means[k * D + j];
        expect(Math.abs(state.codebook[k * D + j] - mean)).toBeLessThan(1e-4 * Math.max(1, Math.abs(mean)));
      }
    });
    expect(lloyd(means).indices).toEqual(lloyd(state.codebook).indices);
  });

  test('an entry that nothing chooses stays where it is, and takes part again as if it had never waited', () => {
    const { scope, quantiser } = built(averaged(0.9));
    quantiser.quantise(z);
    let state = initial(scope.variables);
    const far = 1000;
    state.codebook = Float64Array.from(state.codebook, (value, i) => (i < D ? far : value));
    state.sums = Float64Array.from(state.codebook);
    for (let i = 0; i < 100; i++) state = step(scope.updates, state).state;
    expect(Array.from(state.codebook.slice(0, D))).toEqual(new Array(D).fill(far));
    expect(state.sums[0] / state.counts[0]).toBeCloseTo(far, 6);
  });

  test('evaluation moves nothing, and neither counts nor entries have a gradient', () => {
    const { scope, quantiser } = built(averaged(0.9), false);
    const { commitment, codebook } = quantiser.quantise(z);
    expect(scope.updates.size).toBe(0);
    expect(scope.variables.filter(({ trainable }) => trainable)).toEqual([]);
    expect(codebook).toBeUndefined();
    expect(commitment?.shape).toEqual([4]);
  });

  test('entries out of use for so many steps begin again, at different ones of the present vectors', () => {
    const { scope, quantiser } = built(averaged(0.5, 3));
    quantiser.quantise(z);
    let state = initial(scope.variables);
    const dead = [1, 4];
    const isDead = (i: number) => dead.includes(Math.floor(i / D));
    state.codebook = Float64Array.from(state.codebook, (value, i) => (isDead(i) ? 1000 : value));
    state.sums = Float64Array.from(state.codebook);
    // At once, and not when the count has fallen from 1 below a tenth, which at a decay of 0.99 is 230 steps later.
    for (let i = 0; i < 2; i++) {
      state = step(scope.updates, state, [], i).state;
      expect(state.codebook[dead[0] * D]).toBe(1000);
      expect(state.restarts[0]).toBe(0);
    }
    state = step(scope.updates, state, [], 2).state;
    expect(state.restarts[0]).toBe(2);
    const row = (k: number) => Array.from(state.codebook.slice(k * D, (k + 1) * D));
    const all = Array.from({ length: ROWS }, (_, i) => Array.from(vectors.slice(i * D, (i + 1) * D)));
    for (const k of dead) {
      expect(all).toContainEqual(row(k));
      expect(Array.from(state.sums.slice(k * D, (k + 1) * D))).toEqual(row(k));
      expect([state.counts[k], state.idle[k]]).toEqual([1, 0]);
    }
    expect(row(dead[0])).not.toEqual(row(dead[1]));
  });

  test('where fewer vectors come than entries want one, the last entries wait', () => {
    const scope = new VariableTable().scope({ training: true });
    const quantiser = vectorQuantiser({ codes: K, dimension: D, update: averaged(0, 1) }, scope);
    quantiser.quantise(constant([0, 0, 0, 0, 0, 0], 'float32', [2, D]));
    const state = initial(scope.variables);
    // Entry 5 takes both vectors, so five others want one of two.
    state.codebook = Float64Array.from(state.codebook, (_, i) => (i < 5 * D ? 9 : 1));
    const next = step(scope.updates, state).state;
    expect(next.restarts[0]).toBe(2);
    expect(Array.from(next.idle)).toEqual([0, 0, 1, 1, 1, 0]);
  });
});

describe('with a codebook that a gradient moves', () => {
  test('its distance reaches the codebook alone, the commitment the vectors alone, each by 2 (e − z) / positions', () => {
    const { scope, quantiser } = built({ kind: 'gradient' });
    const { codebook: moved, commitment, choices } = quantiser.quantise(z);
    if (!moved || !commitment) throw new Error('a distance is missing');
    const [book] = scope.variables;
    const state = initial(scope.variables);
    const [ofBook, ofVectors] = grad(moved.sum(), [book, z]);
    const [commitsBook, commitsVectors] = grad(commitment.sum(), [book, z]);
    const values = evaluate([ofBook, ofVectors, commitsBook, commitsVectors, choices[0].after], {
      values: state,
    });
    expect(Array.from(values[1])).toEqual(new Array(ROWS * D).fill(0));
    expect(Array.from(values[2])).toEqual(new Array(K * D).fill(0));
    const positions = ROWS / 4;
    const expected = new Float64Array(K * D);
    const { indices } = lloyd(state.codebook);
    values[4].forEach((entry, i) => {
      const slope = (2 * (entry - vectors[i])) / positions;
      expect(values[3][i]).toBeCloseTo(-slope, 12);
      expected[indices[Math.floor(i / D)] * D + (i % D)] += slope;
    });
    expected.forEach((value, i) => {
      expect(values[0][i]).toBeCloseTo(value, 12);
    });
  });

  test('what is made of the code reaches the vectors as if they were the code, and the codebook not at all', () => {
    const { scope, quantiser } = built({ kind: 'gradient' });
    const weights = input('weights', z.shape);
    const { code } = quantiser.quantise(z);
    const [ofVectors, ofBook] = grad(code.square().mul(weights).sum(), [z, ...scope.variables]);
    const given = Float64Array.from(vectors, (_, i) => Math.sin(i));
    const values = { ...initial(scope.variables), weights: given };
    const [slope, none, codes] = evaluate([ofVectors, ofBook, code], { values });
    slope.forEach((value, i) => {
      expect(value).toBeCloseTo(2 * codes[i] * given[i], 12);
    });
    expect(Array.from(none)).toEqual(new Array(K * D).fill(0));
  });
});

test('permuting the codebook permutes the indices and leaves the code as it is', () => {
  const { scope, quantiser } = built({ kind: 'gradient' });
  const { code, choices } = quantiser.quantise(z);
  const state = initial(scope.variables);
  const order = [3, 0, 5, 1, 2, 4];
  const permuted = Float64Array.from(
    state.codebook,
    (_, i) => state.codebook[order[Math.floor(i / D)] * D + (i % D)],
  );
  const [one, other] = [state.codebook, permuted].map((codebook) =>
    evaluate([code, choices[0].indices], { values: { codebook } }),
  );
  expect(other[0]).toEqual(one[0]);
  expect(Array.from(other[1], (index) => order[index])).toEqual(Array.from(one[1]));
});

test('the start is k-means on the vectors, with counts that agree', () => {
  const { scope, quantiser } = built(averaged(0.99));
  const draws: Draws = {
    normal: (count: number) => new RandomStream(1, 'n').normal(new Float32Array(count)),
    uniform: (count: number) => new RandomStream(1, 'u').uniform(new Float32Array(count)),
    of: () => draws,
  };
  const begun = quantiser.start?.(vectors, draws);
  const values = Object.fromEntries(Array.from(begun ?? [], ([{ name }, value]) => [name, value]));
  expect(values.sums).toEqual(values.codebook);
  const { indices, means } = lloyd(values.codebook);
  expect(lloyd(means).indices).toEqual(indices);
  expect(scope.variables.map(({ name }) => name)).toEqual(['codebook', 'counts', 'sums', 'idle', 'restarts']);
});

test('residual quantisers spend every codebook on what is left, and never end farther away for another one', () => {
  const scope = new VariableTable().scope({ training: true });
  const update = { kind: 'gradient' } as const;
  const quantiser = residualQuantiser({ codes: K, dimension: D, update, codebooks: 3 }, scope);
  const draws: Draws = {
    normal: (count: number) => new RandomStream(1, 'n').normal(new Float32Array(count)),
    uniform: (count: number) => new RandomStream(1, 'u').uniform(new Float32Array(count)),
    of: () => draws,
  };
  const begun = quantiser.start?.(vectors, draws) ?? [];
  const values = Object.fromEntries(Array.from(begun, ([{ name }, value]) => [name, value]));
  const { code, choices } = quantiser.quantise(z);
  expect(choices.map(({ indices }) => indices.shape)).toEqual(
    [z, z, z].map(({ shape }) => shape.slice(0, -1)),
  );
  const left = choices.map(({ before, after }) => before.sub(after).square().sum());
  const looked = quantiser.lookup(choices.map(({ indices }) => indices));
  const [codes, found, ...errors] = evaluate([code, looked, ...left], { values });
  codes.forEach((value, i) => {
    expect(value).toBeCloseTo(found[i], 12);
  });
  expect(errors[1][0]).toBeLessThan(errors[0][0]);
  expect(errors[2][0]).toBeLessThan(errors[1][0]);
});
