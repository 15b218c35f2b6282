/**
 * The log-cosh cost, a squared error near 0 and an absolute error far from it, and the distribution that it belongs to:
 *
 *   cost      (1/a) log cosh(a t),      with derivative tanh(a t)
 *   density   cosh(a t)^(−1/a) / Z,     Z = B(½, 1/(2a)) / a,  B the beta function
 *
 * Source of the cost: Chen et al. 2019, "Log hyperbolic cosine loss improves variational auto-encoder". The density is
 * ours, so that there is a likelihood to report.
 */
import { constant, randomUniform, type Tensor } from '../tensor/index.js';
import { type Distribution, type DrawOptions, requireEvent, sumEvent } from './distribution.js';

/**
 * (1/a) log cosh(a t), elementwise, for a > 0. With u = a |t|,
 *
 *   log cosh u = log(1 + ½ e^u (1 − e^−u)²)        for u ≤ 1, where the other form cancels
 *              = u + log(1 + e^−2u) − log 2        for u > 1, where e^u would overflow in the end.
 */
export function logCosh(t: Tensor, a: number): Tensor {
  const u = t.abs().mul(a);
  const isSmall = u.less(1);
  const small = isSmall.where(u, 0);
  const rise = small.neg().expm1().square().mul(small.exp()).mul(0.5);
  const large = isSmall.where(1, u);
  const line = large.add(large.mul(-2).exp().log1p()).sub(Math.LN2);
  return isSmall.where(rise.log1p(), line).mul(1 / a);
}

export interface LogCoshParameters {
  /** [...batch, ...event] */
  mean: Tensor;
  /** a: the cost turns from a square into a line at about 1/a. */
  sharpness: number;
  /** Number of event axes. @default all but the first */
  eventRank?: number;
}

export class LogCosh implements Distribution {
  readonly mean: Tensor;
  readonly sharpness: number;
  readonly eventRank: number;

  constructor({ mean, sharpness, eventRank = mean.rank - 1 }: LogCoshParameters) {
    this.mean = mean;
    this.sharpness = sharpness;
    this.eventRank = eventRank;
  }

  logProb(x: Tensor): Tensor {
    return this.nll(x).neg();
  }

  /** @throws ShapeError if the event of x has another shape than the mean's */
  nll(x: Tensor): Tensor {
    requireEvent('LogCosh', this.mean.shape, x, this.eventRank);
    return sumEvent(this.#terms(x), this.eventRank);
  }

  /** −log p of the coordinates at which `observed` is 1, and not 0. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    requireEvent('LogCosh', this.mean.shape, x, this.eventRank);
    return sumEvent(this.#terms(x).mul(observed), this.eventRank);
  }

  #terms(x: Tensor): Tensor {
    return logCosh(x.sub(this.mean), this.sharpness).add(logNormaliser(this.sharpness));
  }

  sample({ stream = 'likelihood', draws }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.mean.shape : [draws, ...this.mean.shape];
    const v = randomUniform(stream, shape).mul(2).sub(1);
    // |x − mean| lies beyond its s-quantile with probability e^−s.
    const s = v.abs().neg().add(1).max(SMALLEST_TAIL).log().neg();
    return this.mean.add(v.sign().mul(interpolate(quantiles(this.sharpness), s))).stopGradient();
  }
}

/** Γ(x + ½) / (Γ(x) √x) at large x, in powers of 1/x. Graham, Knuth & Patashnik, Concrete Mathematics, exercise 9.60. */
const GAMMA_RATIO = [1, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768];
/** From here on the series is exact to 10⁻¹². */
const LARGE = 64;

/** log Z = log B(½, α) − log a with α = 1/(2a) and B(½, α) = √π Γ(α) / Γ(α + ½). */
export function logNormaliser(a: number): number {
  let x = 1 / (2 * a);
  let log = 0.5 * Math.log(Math.PI) - Math.log(a);
  // Γ(x) / Γ(x + ½) = (1 + 1/(2x)) Γ(x + 1) / Γ(x + 3/2)
  for (; x < LARGE; x++) log += Math.log1p(1 / (2 * x));
  const series = GAMMA_RATIO.reduce((sum, coefficient, k) => sum + coefficient / x ** k, 0);
  return log - 0.5 * Math.log(x) - Math.log(series);
}

/** The least probability that float32 uniforms leave beyond a draw. */
const SMALLEST_TAIL = 2 ** -24;
const QUANTILES = 2048;
const LAST_QUANTILE = -Math.log(SMALLEST_TAIL);
/** Points at which the density is summed up, up to where it is e^−20 of its peak. */
const POINTS = 16384;

/** t with P(|x − mean| > t) = e^−s, for equal steps of s from 0 to LAST_QUANTILE. */
function quantiles(a: number): Float64Array {
  // log cosh(a T) / a = 20
  const end = 20 + Math.log1p(Math.sqrt(-Math.expm1(-40 * a))) / a;
  const width = end / POINTS;
  const density = (t: number) => 2 * Math.exp(-logCoshOf(a * t) / a - logNormaliserOfA);
  const logNormaliserOfA = logNormaliser(a);
  // Beyond the end the density falls like e^−t or faster.
  const tails = new Float64Array(POINTS + 1);
  tails[POINTS] = density(end);
  for (let k = POINTS - 1; k >= 0; k--) {
    const [left, middle, right] = [k, k + 0.5, k + 1].map((at) => density(at * width));
    tails[k] = tails[k + 1] + (width * (left + 4 * middle + right)) / 6;
  }
  const depth = tails.map((tail) => -Math.log(tail / tails[0]));
  let k = 0;
  return Float64Array.from({ length: QUANTILES + 1 }, (_, i) => {
    const s = (i * LAST_QUANTILE) / QUANTILES;
    while (k < POINTS - 1 && depth[k + 1] < s) k++;
    return width * (k + (s - depth[k]) / (depth[k + 1] - depth[k]));
  });
}

/** log cosh u of a number. */
function logCoshOf(u: number): number {
  return u < 1 ? Math.log1p(2 * Math.sinh(u / 2) ** 2) : u + Math.log1p(Math.exp(-2 * u)) - Math.LN2;
}

/** The table's value at s, linearly between its entries. */
function interpolate(table: Float64Array, s: Tensor): Tensor {
  const position = s.mul(QUANTILES / LAST_QUANTILE);
  const left = position.floor().clip(0, QUANTILES - 1);
  const entries = constant(table);
  const index = left.cast('int32');
  const at = (values: Tensor) => entries.gather(values.reshape([s.size])).reshape(s.shape);
  const [low, high] = [at(index), at(index.add(constant(1, 'int32')))];
  return low.add(high.sub(low).mul(position.sub(left)));
}
