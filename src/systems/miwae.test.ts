import { expect, test } from 'vitest';
import { ELBO_OF_PRIOR, knownEvidence, LOG_EVIDENCE, PRIOR } from '../conformance/knownEvidence.js';
import { importanceGradients } from '../probability/index.js';
import { miwae } from './index.js';

test('with the prior as posterior, 8 groups of 2 draws have the bound of 2 draws, 2 groups of 8 that of 8', () => {
  for (const gradient of importanceGradients) {
    for (const [m, k, bound] of [
      [8, 2, -1.653474],
      [2, 8, -1.54014],
    ]) {
      const { average, standardError } = knownEvidence(miwae, { m, k, gradient }, PRIOR, 10_000);
      expect(Math.abs(-average - bound)).toBeLessThan(4 * standardError + 1e-5);
    }
  }
});

test('the bound lies between that of one draw and that of all draws together', () => {
  const bounds = [
    [16, 1],
    [4, 4],
    [1, 16],
  ].map(([m, k]) => -knownEvidence(miwae, { m, k }, PRIOR, 10_000).average);
  expect(Math.abs(bounds[0] - ELBO_OF_PRIOR)).toBeLessThan(0.02);
  expect(bounds[1]).toBeGreaterThan(bounds[0] + 0.2);
  expect(bounds[2]).toBeGreaterThan(bounds[1] + 0.03);
  expect(bounds[2]).toBeLessThan(LOG_EVIDENCE);
});
