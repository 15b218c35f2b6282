/** Independent Bernoulli coordinates, in logits. */
import { randomUniform, type Tensor } from '../tensor/index.js';
import { type Distribution, type DrawOptions, requireEvent, sumEvent } from './distribution.js';

export class Bernoulli implements Distribution {
  /** @param eventRank number of event axes; all but the first by default */
  constructor(
    readonly logits: Tensor,
    readonly eventRank = logits.rank - 1,
  ) {}

  /** Probabilities of 1. */
  get mean(): Tensor {
    return this.logits.sigmoid();
  }

  logProb(x: Tensor): Tensor {
    return this.nll(x).neg();
  }

  /**
   * −log p(x) = Σ_d softplus(ℓ_d) − x_d ℓ_d
   *
   * The literal log(1 / (1 + e^−ℓ)) is −∞ in float32 once ℓ falls below about −88. For grey levels in (0, 1) this is a
   * cross-entropy with soft targets, whose least value is the pixels' entropy, not 0.
   *
   * @param x [...batch, ...event], values in [0, 1]
   * @throws ShapeError if its event has another shape than the logits'
   * @see Kingma & Welling 2014, appendix C.1 (arXiv:1312.6114)
   */
  nll(x: Tensor): Tensor {
    requireEvent('Bernoulli', this.logits.shape, x, this.eventRank);
    return sumEvent(this.#terms(x), this.eventRank);
  }

  /** −log p of the coordinates at which `observed` is 1, and not 0. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    requireEvent('Bernoulli', this.logits.shape, x, this.eventRank);
    return sumEvent(this.#terms(x).mul(observed), this.eventRank);
  }

  #terms(x: Tensor): Tensor {
    return this.logits.softplus().sub(x.mul(this.logits));
  }

  sample({ stream = 'likelihood', draws }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.logits.shape : [draws, ...this.logits.shape];
    return randomUniform(stream, shape).less(this.mean).cast('float32').stopGradient();
  }
}
