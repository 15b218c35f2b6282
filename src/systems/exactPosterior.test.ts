/** A model whose evidence is known: p(z) = N(0, 1), p(x|z) = N(z, 1), so that p(x) = N(0, 2) and p(z|x) = N(x/2, ½). */
import { expect, test } from 'vitest';
import { build, compute, numericTable, termValue } from '../conformance/models.js';
import type { Values } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { grad } from '../tensor/index.js';
import { describeData, vae } from './index.js';

const LOG_EVIDENCE = -1.515512;
const identity: Layer = () => (t) => t;
const data = describeData(numericTable(1), { size: 1 });

/** Terms at x = 1 when q(z|x) = N(mean·x, e^logVar), for `count` copies with noise of their own. */
function elbo(mean: number, logVar: number, kl: string, count: number) {
  const options = { encoder: identity, decoder: linear(1), latent: 1, sigma: 'fixed', kl, logVarBound: 0 };
  const { model, batch, scope } = build(vae, data, options);
  const terms = Object.values(model.objective(batch(count))).map(termValue);
  const loss = terms.reduce((sum, term) => sum.add(term));
  const values: Record<string, Values> = {
    x: new Float64Array(count).fill(1),
    'mean.weight': Float64Array.of(mean),
    'mean.bias': Float64Array.of(0),
    'logVar.weight': Float64Array.of(0),
    'logVar.bias': Float64Array.of(logVar),
    'decoder.weight': Float64Array.of(1),
    'decoder.bias': Float64Array.of(0),
  };
  const posterior = scope.variables.filter(({ name }) => /^(mean|logVar)\./.test(name));
  const [losses, ...gradients] = compute([loss, ...grad(loss.mean(), posterior)], { values, seed: 1 });
  return { losses, gradients: gradients.flat() };
}

test('with the exact posterior and the sampled KL, every draw gives the evidence itself', () => {
  const { losses } = elbo(0.5, Math.log(0.5), 'sampled', 50);
  for (const loss of losses) expect(-loss).toBeCloseTo(LOG_EVIDENCE, 6);
});

test('at the exact posterior the bound is the evidence and its gradient is zero, in the mean over draws', () => {
  const count = 20_000;
  for (const kl of ['analytic', 'sampled']) {
    const { losses, gradients } = elbo(0.5, Math.log(0.5), kl, count);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / count;
    // Per draw, losses and gradients have deviations of at most about 1.
    expect(Math.abs(-mean - LOG_EVIDENCE)).toBeLessThan(4 / Math.sqrt(count));
    for (const gradient of gradients) expect(Math.abs(gradient)).toBeLessThan(4 / Math.sqrt(count));
  }
});

test('with the prior as posterior the bound is −1.918939, below the evidence', () => {
  const count = 20_000;
  const { losses } = elbo(0, 0, 'analytic', count);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / count;
  // Var ½ (1 − z)² = 3/2.
  expect(Math.abs(-mean + 1.918939)).toBeLessThan(4 * Math.sqrt(1.5 / count));
});
