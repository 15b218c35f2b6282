/**
 * The relaxation of one-hot vectors that gradients go through: vectors of positive numbers with sum 1, nearer a corner the
 * lower the temperature.
 *
 *   log y = log softmax((log α + g) / τ),   g Gumbel noise
 *
 * Its density is that of log y, which stays finite where y itself is 0 in float32:
 *
 *   log q_τ(log y) = log (K − 1)! + (K − 1) log τ + Σ_k (log α_k − τ log y_k) − K lse_k(log α_k − τ log y_k)
 *
 * Sources: Jang, Gu & Poole 2017 (arXiv:1611.01144); the density: Maddison, Mnih & Teh 2017, appendix C.3
 * (arXiv:1611.00712), ExpConcrete.
 */
import { constant, logSoftmax, logSumExp, oneHot, type Tensor, withGradientOf } from '../tensor/index.js';
import { gumbel } from './categorical.js';
import { type DrawOptions, requireEvent, sumEvent } from './distribution.js';

export class RelaxedOneHot {
  readonly #temperature: Tensor;

  /**
   * @param logits      [batch, ...variables, K], up to a constant per variable
   * @param temperature τ, float32 scalar; no gradient reaches it
   * @param eventRank   axes of one event, that of the categories included. @default all but the first
   */
  constructor(
    readonly logits: Tensor,
    temperature: Tensor | number,
    readonly eventRank = logits.rank - 1,
  ) {
    this.#temperature = typeof temperature === 'number' ? constant(temperature) : temperature.stopGradient();
  }

  /** A draw log y, through which gradients reach the logits, of the noise that `OneHotCategorical.sample` has. */
  rsampleLog({ stream = 'posterior' }: DrawOptions = {}): Tensor {
    const noisy = logSoftmax(this.logits).add(gumbel(stream, this.logits.shape));
    return logSoftmax(noisy.div(this.#temperature));
  }

  /** A draw y. */
  rsample(options: DrawOptions = {}): Tensor {
    return this.rsampleLog(options).exp();
  }

  /** The corner nearest to a draw, ties to the first category, with the draw's gradient. */
  rsampleHard(options: DrawOptions = {}): Tensor {
    const soft = this.rsample(options);
    return withGradientOf(oneHot(soft.argMax(-1), soft.shape[soft.rank - 1]), soft);
  }

  /** log q_τ of log y, nats, [...batch]. */
  logProb(logY: Tensor): Tensor {
    requireEvent('RelaxedOneHot', this.logits.shape, logY, this.eventRank);
    const classes = this.logits.shape[this.logits.rank - 1];
    const scores = logSoftmax(this.logits).sub(logY.mul(this.#temperature));
    const perVariable = scores
      .sum(-1)
      .sub(logSumExp(scores, -1).mul(classes))
      .add(this.#temperature.log().mul(classes - 1))
      .add(logFactorial(classes - 1));
    return sumEvent(perVariable.expandDims(-1), this.eventRank);
  }
}

function logFactorial(n: number): number {
  return Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((sum, term) => sum + term, 0);
}
