/**
 * Categorical variables as vectors of zeros and a one, so that their draws can be codes: what decoders take and tools
 * move. In logits, the last axis holding the categories.
 */
import { logSoftmax, oneHot, ShapeError, show, softmax, type Tensor, zeros } from '../tensor/index.js';
import { gumbel } from './categorical.js';
import { type Distribution, type DrawOptions, requireEvent, sumEvent } from './distribution.js';
import { uniformIndices } from './uniformIndices.js';

export class OneHotCategorical implements Distribution {
  /**
   * @param logits    [batch, ...variables, K], up to a constant per variable
   * @param eventRank axes of one event, that of the categories included. @default all but the first
   */
  constructor(
    readonly logits: Tensor,
    readonly eventRank = logits.rank - 1,
  ) {
    if (eventRank < 1)
      throw new ShapeError('OneHotCategorical', `logits ${show(logits.shape)} have no axis of categories`);
  }

  get classes(): number {
    return this.logits.shape[this.logits.rank - 1];
  }

  /** Probabilities. */
  get mean(): Tensor {
    return softmax(this.logits);
  }

  /** The likeliest vector, ties to the first category. */
  get mode(): Tensor {
    return oneHot(this.logits.argMax(-1), this.classes);
  }

  /** Σ z_k log q_k, nats, [...batch]; z is a vector of zeros and a one for each variable. */
  logProb(z: Tensor): Tensor {
    requireEvent('OneHotCategorical', this.logits.shape, z, this.eventRank);
    return sumEvent(logSoftmax(this.logits).mul(z), this.eventRank);
  }

  nll(z: Tensor): Tensor {
    return this.logProb(z).neg();
  }

  /** A draw: the largest of logits + Gumbel noise. */
  sample({ stream = 'posterior', draws }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.logits.shape : [draws, ...this.logits.shape];
    return oneHot(this.logits.add(gumbel(stream, shape)).argMax(-1), this.classes);
  }

  /** Σ_m Σ_k q_mk (log q_mk − log p_mk), nats, [...batch]; 0 log 0 is 0, as q is 0 in float32 before its logarithm ends. */
  klTo(p: object): Tensor | undefined {
    if (!(p instanceof OneHotCategorical)) return undefined;
    return sumEvent(this.klPerVariable(p).expandDims(-1), this.eventRank);
  }

  /** Each variable's own divergence, nats, [...batch, ...variables]. */
  klPerVariable(p: OneHotCategorical): Tensor {
    requireEvent('kl', p.logits.shape, this.logits, this.eventRank);
    return this.mean.mul(logSoftmax(this.logits).sub(logSoftmax(p.logits))).sum(-1);
  }
}

/**
 * All categories alike. A draw is made of one standard normal number for each variable, so that an exported sampler takes
 * the same kind of noise whatever the prior.
 */
export class UniformOneHot extends OneHotCategorical {
  /** @param shape [count, ...variables, K] */
  constructor(shape: readonly number[]) {
    super(zeros(shape));
  }

  override sample({ stream = 'prior', draws }: DrawOptions = {}): Tensor {
    const variables = this.logits.shape.slice(0, -1);
    const shape = draws === undefined ? variables : [draws, ...variables];
    return oneHot(uniformIndices(stream, shape, this.classes), this.classes);
  }
}
