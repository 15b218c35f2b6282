/** What a likelihood p(x|z) of samples is to systems, whichever it is. */
import type { Distribution } from '../probability/index.js';
import type { Shape, Tensor } from '../tensor/index.js';

/** p(x|z) of one batch, as far as objectives, reconstructions and new samples need it. */
export interface SampleDistribution extends Pick<Distribution, 'mean' | 'nll'> {
  /** A draw through which no gradient flows; `stream` names its noise, or begins the names. */
  sample(options: { stream: string }): Tensor;
}

export interface Likelihood {
  /** What the decoder gives for one sample. */
  readonly outputShape: Shape;
  /** From the decoder's output [...draws, batch, ...outputShape]. */
  distribution(output: Tensor): SampleDistribution;
}
