/**
 * Ratios and logarithms of modified Bessel functions of the first kind, in float64 on the host.
 *
 *   r_j = I_{ν₀+j+1}(κ) / I_{ν₀+j}(κ) = 1 / (2 (ν₀+j+1)/κ + r_{j+1}),    ν₀ = 0 or ½
 *
 * The recurrence is run downwards from far out, where a bound of Amos 1974 starts it: every term is positive and an
 * error shrinks by r_j² at each step, so the ratios are right to the last digits. I itself, which overflows beyond
 * κ = 700, is never formed: e^−κ I is.
 */

/** What a von Mises-Fisher distribution on the sphere of R^m takes from I_{m/2−1}. */
export interface BesselValues {
  /** A = I_{m/2}(κ) / I_{m/2−1}(κ), in (0, 1): the length of the distribution's mean. */
  readonly ratio: number;
  /** dA/dκ = 1 − A² − (m−1) A/κ, free of that form's cancellation: the variance along the mean. */
  readonly slope: number;
  /** log e^−κ I_{m/2−1}(κ). */
  readonly logScaled: number;
}

/**
 * @param m dimensions of the space around the sphere, 2 or more
 * @param kappa concentration, above 0
 * @throws RangeError for any other m or kappa
 */
export function besselValues(m: number, kappa: number): BesselValues {
  if (!(Number.isInteger(m) && m >= 2)) throw new RangeError(`bessel: a sphere in ${m} dimensions is none`);
  if (!(kappa > 0 && kappa < Infinity)) throw new RangeError(`bessel: κ must be above 0 but is ${kappa}`);
  const first = m % 2 === 0 ? 0 : 0.5;
  const wanted = m / 2 - 1 - first;
  const count = Math.ceil(9 * Math.sqrt(kappa)) + 40 + wanted;
  const order = first + count;
  const root = Math.hypot(order + 1.5, kappa);
  const denominator = order + 0.5 + root;
  let ratio = kappa / denominator;
  let slope = (denominator - (kappa / root) * kappa) / denominator ** 2;
  const ratios = new Float64Array(count);
  const slopes = new Float64Array(count);
  for (let j = count - 1; j >= 0; j--) {
    const twice = 2 * (first + j + 1);
    ratio = 1 / (twice / kappa + ratio);
    slope = ratio ** 2 * (twice / kappa ** 2 - slope);
    ratios[j] = ratio;
    slopes[j] = slope;
  }
  let logScaled = first === 0 ? logScaledOfOrderZero(ratios) : logScaledOfOrderHalf(kappa);
  for (let j = 0; j < wanted; j++) logScaled += Math.log(ratios[j]);
  return { ratio: ratios[wanted], slope: slopes[wanted], logScaled };
}

/** From e^κ = I₀ + 2 Σ_k I_k. */
function logScaledOfOrderZero(ratios: Float64Array): number {
  let product = 1;
  let sum = 0;
  for (const ratio of ratios) {
    product *= ratio;
    sum += product;
  }
  return -Math.log1p(2 * sum);
}

/** I_½ = √(2/(πκ)) sinh κ. */
function logScaledOfOrderHalf(kappa: number): number {
  return 0.5 * Math.log(2 / (Math.PI * kappa)) + Math.log(-Math.expm1(-2 * kappa) / 2);
}

/** log Γ(m/2) for a whole number m ≥ 1, by Γ(x+1) = x Γ(x) from Γ(½) = √π or Γ(1) = 1. */
function logGammaOfHalf(m: number): number {
  let value = m % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI);
  for (let k = m % 2 === 0 ? 2 : 1; k < m; k += 2) value += Math.log(k / 2);
  return value;
}

/** log of the area of the unit sphere in R^m: log 2 + (m/2) log π − log Γ(m/2). */
export function logSphereArea(m: number): number {
  return Math.LN2 + (m / 2) * Math.log(Math.PI) - logGammaOfHalf(m);
}

/** log C(κ) + κ, for the density C(κ) e^(κ μᵀz) on the sphere of R^m: its logarithm at the mode. */
export function logModeDensity(m: number, kappa: number): number {
  const { logScaled } = besselValues(m, kappa);
  return (m / 2 - 1) * Math.log(kappa) - (m / 2) * Math.log(2 * Math.PI) - logScaled;
}

/** KL(vMF(μ, κ) ‖ uniform) on the sphere of R^m, nats: κ A(κ) + log C(κ) + log area. It does not depend on μ. */
export function vonMisesFisherKl(m: number, kappa: number): number {
  return logModeDensity(m, kappa) - kappa * (1 - besselValues(m, kappa).ratio) + logSphereArea(m);
}
