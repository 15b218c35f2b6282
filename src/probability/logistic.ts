/**
 * The discretised logistic distribution over 256 grey levels (PixelCNN++, Salimans et al. 2017, §2.1).
 *
 * Level k stands at 2k/255 − 1 on [−1, 1], h = 1/255 is half a level, c = x − y, S the logistic function:
 *
 *   P(k) = S(e^−ℓ (c + h)) − S(e^−ℓ (c − h)),   the lowest level reaching to −∞ and the highest to +∞.
 */
import { randomUniform, type Tensor } from '../tensor/index.js';
import { type Distribution, type DrawOptions, sumEvent } from './distribution.js';

const LEVELS = 256;
const HALF_LEVEL = 1 / (LEVELS - 1);
/** Below this width of a level's share, the density at its middle is the better number in float32. */
const SMALLEST_SHARE = 1e-5;

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

  /** The location as an intensity in [0, 1]. */
  get mean(): Tensor {
    return this.location.clip(-1, 1).add(1).mul(0.5);
  }

  nll(x: Tensor): Tensor {
    return this.logProb(x).neg();
  }

  /** @param x intensities in [0, 1]; each belongs to the nearest of the 256 levels */
  logProb(x: Tensor): Tensor {
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
    const middle = inverseScale.mul(centred);
    const share = upper.sigmoid().sub(lower.sigmoid());
    const density = middle
      .sub(this.logScale)
      .sub(middle.softplus().mul(2))
      .sub(Math.log((LEVELS - 1) / 2));
    const inside = share.greater(SMALLEST_SHARE).where(share.max(1e-12).log(), density);
    const lowest = upper.sub(upper.softplus());
    const highest = lower.softplus().neg();
    const logShare = level.lessEqual(0).where(lowest, level.greaterEqual(LEVELS - 1).where(highest, inside));
    return sumEvent(logShare, this.eventRank);
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
