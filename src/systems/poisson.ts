/** Counts: the Poisson distribution with rate e^η. */
import type { Tensor } from '../tensor/index.js';

/** e^η beyond this overflows long before it means anything. */
const LARGEST_LOG_RATE = 30;
/** From here on, Stirling's series with three terms is exact in float32. */
const STIRLING_FROM = 8;

/** η itself, but never beyond its largest; the gradient fades out there instead of ending. */
export function boundedLogRate(eta: Tensor): Tensor {
  return eta.neg().add(LARGEST_LOG_RATE).softplus().neg().add(LARGEST_LOG_RATE);
}

/**
 * −log p(k) = e^η − k η + log Γ(k + 1), elementwise, nats, as
 *
 *   k (e^δ − 1 − δ) + [ log Γ(k + 1) + k − k log k ],   δ = η − log k,   and e^η for k = 0.
 *
 * Both parts are as small as the result. The terms of the first form are of size k log k: for counts of a million
 * their difference is lost in the rounding of float32.
 *
 * @param logRate η
 * @param count   k, whole numbers from 0, of a shape that broadcasts with η's
 */
export function poissonNll(logRate: Tensor, count: Tensor): Tensor {
  const k = count.max(1);
  const delta = logRate.sub(k.log());
  const positive = k.mul(delta.expm1().sub(delta)).add(stirlingRemainder(k));
  return count.greater(0).where(positive, logRate.exp());
}

/** log Γ(k + 1) + k − k log k for k ≥ 1; for large k by its series ½ log 2πk + 1/12k − 1/360k³ (Abramowitz & Stegun, 6.1.41). */
function stirlingRemainder(k: Tensor): Tensor {
  const large = k.max(STIRLING_FROM);
  const inverse = large.pow(-1);
  const series = large
    .mul(2 * Math.PI)
    .log()
    .mul(0.5)
    .add(inverse.mul(1 / 12))
    .sub(
      inverse
        .mul(inverse)
        .mul(inverse)
        .mul(1 / 360),
    );
  const small = k.min(STIRLING_FROM);
  const exact = small.add(1).lgamma().add(small).sub(small.mul(small.log()));
  return k.less(STIRLING_FROM).where(exact, series);
}
