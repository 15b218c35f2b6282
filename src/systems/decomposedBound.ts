/** The bound of a VAE by one draw of the code, with its KL taken apart by the batch's own estimate of q(z). */
import { type AggregateOptions, decompose, type KlParts } from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import type { GaussianVae } from './gaussianVae.js';
import type { TermExtras } from './terms.js';

/** What is to be known of the parts of the KL. */
export const OF_BATCH: TermExtras = {
  note: 'estimated from batches, and dependent on their size; vaekit evaluate has it from all training samples',
};

/** −log p(x|z) and the parts of log q(z|x) − log p(z), each [batch], nats. */
export function decomposedBound(
  { posterior, likelihood, prior }: GaussianVae,
  { size }: DataDescription,
  x: Tensor,
  estimate: Omit<AggregateOptions, 'size'>,
): { reconstruction: Tensor; kl: KlParts } {
  const [batch] = x.shape;
  const q = posterior(x);
  const code = q.rsample();
  // Samples that are not of the training part may come in batches larger than it.
  const kl = decompose(code, q, prior(batch), { ...estimate, size: Math.max(size, batch) });
  return { reconstruction: likelihood(code).nll(x), kl };
}
