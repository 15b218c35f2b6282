/** The smallest batch from which a term of a whole batch can be estimated. */
import { OptionError } from './errors.js';
import type { Requirements } from './system.js';

/**
 * @param because what the batch is needed for: `dip-vae estimates a 10 × 10 covariance from the batch`
 * @throws OptionError if the batch is smaller than that
 */
export function requireBatch(
  { data, run }: Pick<Requirements, 'data' | 'run'>,
  least: number,
  because: string,
): void {
  if (run.batchSize >= least) return;
  if (data.size < least) {
    throw new OptionError(
      'data',
      `${because} and needs ${least} samples or more; there are ${data.size} to train on`,
    );
  }
  throw new OptionError(
    'batchSize',
    `${because} and needs ${least} samples or more; ${run.batchSize} were asked for`,
  );
}
