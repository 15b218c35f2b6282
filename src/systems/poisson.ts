/** Counts: the Poisson distribution with rate e^η. */
import { constant, randomNormal, randomUniform, type Tensor } from '../tensor/index.js';

/** e^η beyond this overflows long before it means anything. */
const LARGEST_LOG_RATE = 30;
/** From here on, Stirling's series with three terms is exact in float32. */
const STIRLING_FROM = 8;

/** Rates up to here are drawn by inversion; beyond, the distribution is nearly a normal one, a little skewed. */
const LARGEST_INVERTED_RATE = 24;
/** Counts that inversion knows: P(k ≥ 64) is below 10⁻¹⁰ at the largest rate. */
const INVERTED_COUNTS = 64;

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

/**
 * Draws of counts, of the shape of η: at small rates the number of values of the distribution function that a uniform
 * number exceeds; at large ones, with ε ~ N(0, 1), the Cornish-Fisher expansion λ + √λ ε + (ε² − 1)/6, which has the
 * mean, the variance and, up to 1/λ, the skewness of the distribution.
 *
 * @param logRate η, [..., 1]
 * @param stream  begins the names of its noise
 */
export function poissonDraw(logRate: Tensor, stream: string): Tensor {
  const counts = constant(Array.from({ length: INVERTED_COUNTS }, (_, k) => k));
  const small = logRate.min(Math.log(LARGEST_INVERTED_RATE));
  const shares = poissonNll(small, counts).neg().exp();
  const uniform = randomUniform(`${stream}.uniform`, logRate.shape);
  const few = uniform.greater(shares.cumsum()).cast('float32').sum(-1).expandDims(-1);
  const rate = logRate.exp();
  const noise = randomNormal(`${stream}.normal`, logRate.shape);
  const skewed = noise
    .square()
    .sub(1)
    .mul(1 / 6);
  const many = rate.add(rate.sqrt().mul(noise)).add(skewed).add(0.5).floor().max(0);
  return rate.lessEqual(LARGEST_INVERTED_RATE).where(few, many).stopGradient();
}
