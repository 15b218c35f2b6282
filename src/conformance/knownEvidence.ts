/** A model whose evidence is known: p(z) = N(0, 1), p(x|z) = N(z, 1), so that p(x) = N(0, 2) and p(z|x) = N(x/2, ½). */
import type { Values } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { describeData, type System } from '../systems/index.js';
import { grad } from '../tensor/index.js';
import { build, compute, numericTable, termValue } from './models.js';

/** log p(x) at x = 1. */
export const LOG_EVIDENCE = -1.515512;
/** log p(x) − KL(q(z|x) ‖ p(z|x)) at x = 1 where q(z|x) = p(z). */
export const ELBO_OF_PRIOR = -1.918939;
/** q(z|x) = p(z|x), and q(z|x) = p(z). */
export const EXACT = { mean: 0.5, logVar: Math.log(0.5) };
export const PRIOR = { mean: 0, logVar: 0 };

const identity: Layer = () => (t) => t;
const data = describeData(numericTable(1), { size: 1 });

/** The loss of `count` copies of x = 1, each with noise of its own, where q(z|x) = N(mean·x, e^logVar). */
export function knownEvidence(
  system: System,
  options: Record<string, unknown>,
  { mean, logVar }: { mean: number; logVar: number },
  count: number,
) {
  const networks = { encoder: identity, decoder: linear(1), latent: 1, sigma: 'fixed', logVarBound: 0 };
  const { model, batch, scope } = build(system, data, { ...networks, ...options });
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
  const average = losses.reduce((sum, value) => sum + value, 0) / count;
  const variance = losses.reduce((sum, value) => sum + (value - average) ** 2, 0) / (count - 1);
  return {
    losses,
    /** Of the mean loss, with respect to the posterior's parameters. */
    gradients: gradients.flat(),
    average,
    standardError: Math.sqrt(variance / count),
  };
}
