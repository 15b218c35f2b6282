/** What a likelihood p(x|z) of samples is to systems, whichever it is. */
import type { Distribution } from '../probability/index.js';
import type { Shape, Tensor } from '../tensor/index.js';

/** p(x|z) of one batch, as far as objectives and reconstructions need it. */
export type SampleDistribution = Pick<Distribution, 'mean' | 'nll'>;

export interface Likelihood {
  /** What the decoder gives for one sample. */
  readonly outputShape: Shape;
  /** From the decoder's output [...draws, batch, ...outputShape]. */
  distribution(output: Tensor): SampleDistribution;
}
