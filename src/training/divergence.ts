/** What a run does not survive, and what was not finite in a step. */
import type { Fetches } from '../engine/index.js';
import { OUTPUTS } from './outputs.js';
import type { StageStep } from './step.js';

/** A run that cannot go on: what was not finite, where, and what to try. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
}

/** What was not finite in step k of some outputs, by name. */
export function problemOf(
  { terms, weights }: Pick<StageStep, 'terms' | 'weights'>,
  outputs: Fetches,
  k: number,
): string {
  const badTerms = terms.filter((name) => !Number.isFinite(outputs[OUTPUTS.term(name)][k]));
  if (badTerms.length > 0) {
    const names = badTerms.map((name) => `'${name}'`).join(' and ');
    return `the ${names} term${badTerms.length > 1 ? 's are' : ' is'} not finite`;
  }
  const norms = outputs[OUTPUTS.layerNorms].subarray(k * weights.length, (k + 1) * weights.length);
  const [first, ...others] = weights.filter((_, i) => !Number.isFinite(norms[i]));
  if (first) {
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    return `the gradient of ${first.name}${more} is not finite`;
  }
  return 'the weighted sum of the terms or of the squared gradients is not finite';
}
