/** What a likelihood p(x|z) of samples is to systems, whichever it is. */
import type { Distribution } from '../probability/index.js';
import type { Shape, Tensor } from '../tensor/index.js';

/** p(x|z) of one batch, as far as objectives, reconstructions and new samples need it. */
export interface SampleDistribution extends Pick<Distribution, 'mean' | 'nll'> {
  /**
   * −log p(x_o|z) of what is observed alone, nats; absent where entries are not independent given the code.
   *
   * @param observed 1 where x is observed and 0 elsewhere, of the shape of x, which is finite everywhere
   */
  marginalNll?(x: Tensor, observed: Tensor): Tensor;
  /** A draw through which no gradient flows; `stream` names its noise, or begins the names. */
  sample(options: { stream: string }): Tensor;
}

export interface Likelihood {
  /** What the decoder gives for one sample. */
  readonly outputShape: Shape;
  /** From the decoder's output [...draws, batch, ...outputShape]. */
  distribution(output: Tensor): SampleDistribution;
  /** The output whose mean is this number, as models see samples; where there is one output for each number of a sample. */
  outputFor?(mean: number): number;
}
