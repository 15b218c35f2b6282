/** Categorical variables in logits: the last axis holds the classes, the axes before it the variables. */
import { logSoftmax, oneHot, randomUniform, type Shape, softmax, type Tensor } from '../tensor/index.js';
import { type DrawOptions, requireEvent, sumEvent } from './distribution.js';

/** Gumbel noise needs u away from 0 and 1, where −log(−log u) is infinite. */
const SMALLEST_UNIFORM = 2 ** -25;

/** Gumbel noise −log(−log u). An ε inside the logarithms instead of bounds on u would skew the tails in float32. */
export function gumbel(stream: string, shape: Shape): Tensor {
  return randomUniform(stream, shape)
    .clip(SMALLEST_UNIFORM, 1 - 2 ** -24)
    .log()
    .neg()
    .log()
    .neg();
}

export class Categorical {
  /**
   * @param logits    [...batch, ...variables, classes], up to a constant per variable
   * @param eventRank number of variable axes that belong to one event. @default all but the first and the classes
   */
  constructor(
    readonly logits: Tensor,
    readonly eventRank = logits.rank - 2,
  ) {}

  get classes(): number {
    return this.logits.shape[this.logits.rank - 1];
  }

  get probs(): Tensor {
    return softmax(this.logits);
  }

  /**
   * log p(labels), nats, [...batch]; labels are int32 [...batch, ...variables].
   *
   * @throws ShapeError if they are for other variables than the logits
   */
  logProb(labels: Tensor): Tensor {
    requireEvent('Categorical', this.logits.shape.slice(0, -1), labels, this.eventRank);
    return sumEvent(logSoftmax(this.logits).mul(oneHot(labels, this.classes)).sum(-1), this.eventRank);
  }

  nll(labels: Tensor): Tensor {
    return this.logProb(labels).neg();
  }

  /** −Σ_k p_k log p_k, nats, [...batch]. */
  entropy(): Tensor {
    return sumEvent(this.probs.mul(logSoftmax(this.logits)).sum(-1).neg(), this.eventRank);
  }

  /** Labels, int32 [...variables]: argmax of logits + Gumbel noise. Gumbel 1954; Maddison et al. 2014. */
  sample({ stream = 'labels', draws }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.logits.shape : [draws, ...this.logits.shape];
    return this.logits.add(gumbel(stream, shape)).argMax(-1);
  }
}
