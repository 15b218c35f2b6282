import { expect, test } from 'vitest';
import { ELBO_OF_PRIOR, EXACT, knownEvidence, LOG_EVIDENCE, PRIOR } from '../conformance/knownEvidence.js';
import { vae } from './index.js';

test('with the exact posterior and the sampled KL, every draw gives the evidence itself', () => {
  const { losses } = knownEvidence(vae, { kl: 'sampled' }, EXACT, 50);
  for (const loss of losses) expect(-loss).toBeCloseTo(LOG_EVIDENCE, 6);
});

test('at the exact posterior the bound is the evidence and its gradient is zero, in the mean over draws', () => {
  const count = 20_000;
  for (const kl of ['analytic', 'sampled']) {
    const { average, gradients } = knownEvidence(vae, { kl }, EXACT, count);
    // Per draw, losses and gradients have deviations of at most about 1.
    expect(Math.abs(-average - LOG_EVIDENCE)).toBeLessThan(4 / Math.sqrt(count));
    for (const gradient of gradients) expect(Math.abs(gradient)).toBeLessThan(4 / Math.sqrt(count));
  }
});

test('with the prior as posterior the bound is −1.918939, below the evidence', () => {
  const { average, standardError } = knownEvidence(vae, { kl: 'analytic' }, PRIOR, 20_000);
  expect(Math.abs(-average - ELBO_OF_PRIOR)).toBeLessThan(4 * standardError);
});
