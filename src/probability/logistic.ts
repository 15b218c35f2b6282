/**
 * The discretised logistic distribution over 256 grey levels (PixelCNN++, Salimans et al. 2017, §2.1).
 *
 * Level k stands at 2k/255 − 1 on [−1, 1], h = 1/255 is half a level, c = x − y, S the logistic function:
 *
 *   P(k) = S(u) − S(l),   u = e^−ℓ (c + h),   l = e^−ℓ (c − h),
 *
 * the lowest level reaching to −∞ and the highest to +∞. In the tails the difference would cancel; but
 *
 *   S(u) − S(l) = S(u) S(−l) (1 − e^(l − u)),
 *
 * and a product's logarithm loses nothing.
 */
import { randomUniform, type Tensor } from '../tensor/index.js';
import { type Distribution, type DrawOptions, requireEvent, sumEvent } from './distribution.js';

const LEVELS = 256;
const HALF_LEVEL = 1 / (LEVELS - 1);

export interface DiscretisedLogisticParameters {
  /** Location y, on [−1, 1]; [...batch, ...event]. */
  location: Tensor;
  /** Log-scale ℓ, of a shape that broadcasts to the location's; values below −7 are raised to it. */
  logScale: Tensor;
  eventRank?: number;
}

export class DiscretisedLogistic implements Distribution {
  readonly location: Tensor;
  readonly logScale: Tensor;
  readonly eventRank: number;

  constructor({ location, logScale, eventRank = location.rank - 1 }: DiscretisedLogisticParameters) {
    this.location = location;
    this.logScale = logScale.max(-7);
    this.eventRank = eventRank;
  }

  /**
   * The mean of a draw before it is rounded to its level, as an intensity in [0, 1]: with s = e^ℓ,
   *
   *   E[clip(v, −1, 1)] = −1 + ∫ P(v > t) dt over [−1, 1] = −1 + s (softplus((y + 1)/s) − softplus((y − 1)/s)).
   *
   * Rounding moves no draw by more than half a level, and so neither the mean; a sum over the levels would cost 256 times
   * as much.
   */
  get mean(): Tensor {
    const inverseScale = this.logScale.neg().exp();
    const above = (edge: number) => inverseScale.mul(this.location.sub(edge)).softplus();
    return above(-1).sub(above(1)).mul(this.logScale.exp()).mul(0.5);
  }

  nll(x: Tensor): Tensor {
    return this.logProb(x).neg();
  }

  /**
   * @param x intensities in [0, 1]; each belongs to the nearest of the 256 levels
   * @throws ShapeError if its event has another shape than the location's
   */
  logProb(x: Tensor): Tensor {
    requireEvent('DiscretisedLogistic', this.location.shape, x, this.eventRank);
    return sumEvent(this.#terms(x), this.eventRank);
  }

  /** −log P of the coordinates at which `observed` is 1, and not 0. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    requireEvent('DiscretisedLogistic', this.location.shape, x, this.eventRank);
    return sumEvent(this.#terms(x).mul(observed), this.eventRank).neg();
  }

  #terms(x: Tensor): Tensor {
    // Edges are told by the level's number: compared as intensities, rounding would miss them.
    const level = x
      .mul(LEVELS - 1)
      .add(0.5)
      .floor();
    const centred = level
      .mul(2 * HALF_LEVEL)
      .sub(1)
      .sub(this.location);
    const inverseScale = this.logScale.neg().exp();
    const upper = inverseScale.mul(centred.add(HALF_LEVEL));
    const lower = inverseScale.mul(centred.sub(HALF_LEVEL));
    const isLowest = level.lessEqual(0);
    const isHighest = level.greaterEqual(LEVELS - 1);
    const belowUpper = isHighest.where(0, upper.neg().softplus().neg());
    const aboveLower = isLowest.where(0, lower.softplus().neg());
    const width = inverseScale
      .mul(-2 * HALF_LEVEL)
      .expm1()
      .neg()
      .log();
    const between = isLowest.or(isHighest).where(0, width);
    return belowUpper.add(aboveLower).add(between);
  }

  /** Intensities at the middle of the level drawn, in [0, 1]. */
  sample({ stream = 'likelihood', draws }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.location.shape : [draws, ...this.location.shape];
    const u = randomUniform(stream, shape).clip(1e-7, 1 - 1e-7);
    const drawn = this.location.add(this.logScale.exp().mul(u.log().sub(u.neg().log1p())));
    const level = drawn
      .add(1)
      .mul((LEVELS - 1) / 2)
      .add(0.5)
      .floor();
    return level
      .clip(0, LEVELS - 1)
      .mul(1 / (LEVELS - 1))
      .stopGradient();
  }
}
