import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, termValue, valuesOn } from '../conformance/models.js';
import { initialValues, type Values } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { constant, grad, sizeOf, type Tensor } from '../tensor/index.js';
import { describeData, type Term, vae } from './index.js';

const identity: Layer = () => (x) => x;
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const picture = describeData(pictures(3, 4, 1), { size: 10 });

/** Terms of the objective, each [batch], with initial weights. */
function termsOf(
  given: Record<string, unknown>,
  {
    data = picture,
    feeds,
    seed = 3,
    step = 0,
    weights = {},
  }: {
    data?: typeof picture;
    feeds: Record<string, Values>;
    seed?: number;
    step?: number;
    weights?: Record<string, Values>;
  },
) {
  const count = feeds.x.length / sizeOf(data.spec.shape);
  const { model, batch } = build(vae, data, { ...small, ...given });
  const terms = Object.entries(model.objective(batch(count)));
  const values = compute(
    terms.map(([, term]) => termValue(term)),
    { values: { ...weights, ...feeds }, seed, step },
  );
  return Object.fromEntries(terms.map(([name], i) => [name, values[i]]));
}

const levels = (count: number, size = 12) =>
  Uint8Array.from({ length: count * size }, (_, i) => (i * 89) % 256);

test('the terms are the reconstruction and the KL, one number per sample each, nats', () => {
  const terms = termsOf({}, { feeds: { x: levels(5) } });
  expect(Object.keys(terms)).toEqual(['reconstruction', 'kl']);
  for (const values of Object.values(terms)) expect(values.length).toBe(5);
});

test('copies of a sample with the same noise cost the same, so the batch size does not scale the loss', () => {
  // With the variance near 0 the code has no noise to speak of.
  const quiet = { 'logVar.weight': new Float32Array(18), 'logVar.bias': new Float32Array(3).fill(-80) };
  const given = { logVarBound: 0 };
  const one = termsOf(given, { feeds: { x: levels(1) }, weights: quiet });
  const copies = Uint8Array.from([...levels(1), ...levels(1), ...levels(1)]);
  const three = termsOf(given, { feeds: { x: copies }, weights: quiet });
  for (const name of ['reconstruction', 'kl'])
    for (const value of three[name]) expect(value).toBeCloseTo(one[name][0], 9);
});

test('the same seed and step give the same noise, others do not', () => {
  const at = (seed: number, step: number) =>
    termsOf({}, { feeds: { x: levels(4) }, seed, step }).reconstruction;
  expect(at(3, 0)).toEqual(at(3, 0));
  expect(at(3, 1)).not.toEqual(at(3, 0));
  expect(at(4, 0)).not.toEqual(at(3, 0));
});

test('the sampled KL agrees in the mean with the closed form, which costs no noise', () => {
  const draws = 20_000;
  const feeds = { x: levels(2) };
  const closed = termsOf({ samples: 2 }, { feeds }).kl;
  const { model, batch } = build(vae, picture, { ...small, kl: 'sampled', samples: draws });
  const q = model.posterior?.(batch(2));
  if (!(q instanceof DiagonalNormal)) throw new Error('vae: the posterior is normal');
  const [sampled] = compute([termValue(model.objective(batch(2)).kl)], {
    values: feeds,
    seed: 3,
  });
  const z = q.rsample({ draws });
  const ratio = q.logProb(z).sub(DiagonalNormal.standard([2, 3]).logProb(z));
  const [squares] = compute([ratio.square().mean(0)], { values: feeds, seed: 3 });
  closed.forEach((value, b) => {
    const standardError = Math.sqrt((squares[b] - sampled[b] ** 2) / draws);
    expect(Math.abs(sampled[b] - value)).toBeLessThan(3 * standardError);
    expect(value).toBeGreaterThan(0);
  });
});

test('several draws average the cost over codes of their own', () => {
  const feeds = { x: levels(2) };
  const many = termsOf({ samples: 400 }, { feeds }).reconstruction;
  const apart = Array.from({ length: 400 }, (_, step) => termsOf({}, { feeds, step }).reconstruction);
  many.forEach((value, b) => {
    const costs = apart.map((costs) => costs[b]);
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / 400;
    const variance = costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / 400;
    // Two means of 400 draws each.
    expect(Math.abs(value - mean)).toBeLessThan(4 * Math.sqrt((2 * variance) / 400));
  });
});

test('½ ‖x − y‖² + β KL and a Gaussian with σ₀² = β have gradients in proportion 1 : β', () => {
  const beta = 3;
  const data = describeData(numericTable(4), { size: 10 });
  const gradientsOf = (sigma0: number, klWeight: number) => {
    const given = { architecture: 'mlp', hidden: [5], latent: 2, sigma: 'fixed', sigma0 };
    const { model, batch, scope } = build(vae, data, given);
    const { reconstruction, kl } = model.objective(batch(3));
    const loss = termValue(reconstruction).add(termValue(kl).mul(klWeight)).mean();
    const x = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
    return compute(grad(loss, scope.variables), { values: { x }, seed: 2 }).flat();
  };
  const squares = gradientsOf(1, beta);
  const gaussian = gradientsOf(Math.sqrt(beta), 1);
  squares.forEach((g, i) => {
    expect(g).toBeCloseTo(beta * gaussian[i], 10);
  });
});

test('the optimal σ leaves the code alone when the unit of the data changes, and costs D log c more', () => {
  const data = describeData(numericTable(4), { size: 10 });
  const x = Float64Array.from({ length: 20 }, (_, i) => Math.sin(3 * i));
  const c = 10;
  const { model, batch, table } = build(vae, data, {
    encoder: identity,
    decoder: linear(4),
    latent: 2,
    sigma: 'optimal',
  });
  const { reconstruction, kl } = model.objective(batch(5));
  const roots = [termValue(reconstruction).mean(), termValue(kl)];
  const initial = Object.fromEntries(initialValues(table.variables.values(), 1));
  const [[nll], information] = compute(roots, { values: { x }, seed: 2 });
  const scaled = (name: string, by: number) => ({
    [name]: Float64Array.from(initial[name], (value) => by * value),
  });
  const values = {
    ...scaled('mean.weight', 1 / c),
    ...scaled('logVar.weight', 1 / c),
    ...scaled('decoder.weight', c),
    ...scaled('decoder.bias', c),
    x: x.map((value) => c * value),
  };
  const [[inOtherUnit], sameInformation] = compute(roots, { values, seed: 2 });
  expect(inOtherUnit - nll).toBeCloseTo(4 * Math.log(c), 9);
  sameInformation.forEach((value, b) => {
    expect(value).toBeCloseTo(information[b], 12);
  });
});

test('encoding, decoding and the prior say what a code is', () => {
  const { model, batch } = build(vae, picture, small);
  expect(model.codeShape).toEqual([3]);
  const q = model.posterior?.(batch(4));
  expect(model.encode(batch(4))).toBe(q?.mean);
  expect(model.decode(model.encode(batch(4))).shape).toEqual([4, 3, 4, 1]);
  expect(model.prior?.(7).mean.shape).toEqual([7, 3]);
});

test('gradients reach the decoder through the cost alone, and the encoder through cost and KL', () => {
  const { model, batch, scope } = build(vae, picture, small);
  const { kl, reconstruction } = model.objective(batch(4));
  const reached = (term: Term) =>
    grad(termValue(term).mean(), scope.variables).flatMap((g, i) =>
      g.is('broadcastTo') && g.inputs[0] === constant(0) ? [] : [scope.variables[i].name.split('.')[0]],
    );
  expect(new Set(reached(reconstruction))).toEqual(new Set(['encoder', 'mean', 'logVar', 'decoder']));
  expect(new Set(reached(kl))).toEqual(new Set(['encoder', 'mean', 'logVar']));
});

test('a posterior’s log-variance is itself near 0 and never beyond the bound', () => {
  const logVarOf = (bias: number, logVarBound: number) => {
    const { model, batch } = build(vae, picture, { ...small, logVarBound });
    const q = model.posterior?.(batch(1));
    if (!(q instanceof DiagonalNormal)) throw new Error('vae: the posterior is normal');
    const head = { 'logVar.weight': new Float32Array(18), 'logVar.bias': new Float64Array(3).fill(bias) };
    return compute([q.logVar], { values: { ...head, x: levels(1) } })[0][0];
  };
  expect(logVarOf(0.1, 10)).toBeCloseTo(0.1, 4);
  expect(logVarOf(1e4, 10)).toBeCloseTo(10, 9);
  expect(logVarOf(-1e4, 10)).toBeCloseTo(-10, 9);
  expect(logVarOf(123, 0)).toBe(123);
});

test('terms and gradients are finite for extreme data and weights, on every engine', async () => {
  const data = describeData(numericTable(4), { size: 10 });
  for (const { name, create } of engines) {
    const { model, batch, scope } = build(vae, data, {
      architecture: 'mlp',
      hidden: [5],
      latent: 2,
      sigma: 'shared',
    });
    const terms = Object.values(model.objective(batch(2))).map(termValue);
    const loss = terms.reduce((sum, term) => sum.add(term.mean()), constant(0));
    const weights = scope.variables;
    const outputs: Record<string, Tensor> = { loss };
    for (const [i, g] of grad(loss, weights).entries()) outputs[`gradient of ${weights[i].name}`] = g;
    for (const scale of [0, 1e4, -1e4]) {
      const values = await valuesOn(create(), outputs, { feeds: { x: new Float32Array(8).fill(scale) } });
      for (const [key, list] of Object.entries(values))
        for (const value of list) expect(Number.isFinite(value), `${key} at ${scale} on ${name}`).toBe(true);
    }
  }
});
