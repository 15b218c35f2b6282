import { expect, test } from 'vitest';
import { ELBO_OF_PRIOR, knownEvidence, PRIOR } from '../conformance/knownEvidence.js';
import { ciwae } from './index.js';

test('the bound is the mixture of the bounds of 1 and of K draws', () => {
  for (const beta of [0, 0.3, 1]) {
    const { average, standardError } = knownEvidence(ciwae, { k: 8, beta }, PRIOR, 10_000);
    const expected = beta * ELBO_OF_PRIOR + (1 - beta) * -1.54014;
    expect(Math.abs(-average - expected)).toBeLessThan(4 * standardError + 1e-5);
  }
});
