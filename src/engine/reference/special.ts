/** Special functions in float64 for the reference engine, to about 1e-15 relative. */

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt: the Maclaurin series near 0, Laplace's continued fraction of erfc beyond.
 *
 * Source: Abramowitz & Stegun, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const magnitude = Math.abs(x);
  if (magnitude > 6) return Math.sign(x);
  if (magnitude < 2.5) {
    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·5···(2n+1)); all terms are positive, so none cancel.
    let term = magnitude;
    let sum = term;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * magnitude * magnitude) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-magnitude * magnitude) * sum;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (magnitude + fraction);
  const erfc = Math.exp(-magnitude * magnitude) / Math.sqrt(Math.PI) / (magnitude + fraction);
  return Math.sign(x) * (1 - erfc);
}

/** Bernoulli numbers B₂, B₄ … B₂₀. */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** Below this, arguments are moved up by the recurrence until the asymptotic series is exact. */
const ASYMPTOTIC_FROM = 16;

/** log Γ(x) for x > 0 (Abramowitz & Stegun, 6.1.41); NaN elsewhere. */
export function lgamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  if (x === Infinity) return x;
  let shift = 0;
  let z = x;
  for (; z < ASYMPTOTIC_FROM; z++) shift += Math.log(z);
  let series = 0;
  BERNOULLI.forEach((b, i) => {
    series += b / ((2 * i + 2) * (2 * i + 1) * z ** (2 * i + 1));
  });
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** ψ⁽ⁿ⁾(x) for x > 0 (Abramowitz & Stegun, 6.3.18 and 6.4.11); NaN elsewhere. */
export function polygamma(order: number, x: number): number {
  if (!(x > 0)) return NaN;
  const sign = order % 2 === 0 ? -1 : 1;
  let z = x;
  let shift = 0;
  for (; z < ASYMPTOTIC_FROM + order; z++) shift += z ** -(order + 1);
  if (order === 0) {
    let series = Math.log(z) - 0.5 / z;
    BERNOULLI.forEach((b, i) => {
      series -= b / ((2 * i + 2) * z ** (2 * i + 2));
    });
    return series - shift;
  }
  let series = factorial(order - 1) / z ** order + factorial(order) / (2 * z ** (order + 1));
  BERNOULLI.forEach((b, i) => {
    const k = 2 * i + 2;
    series += (b * (factorial(k + order - 1) / factorial(k))) / z ** (k + order);
  });
  return sign * (series + factorial(order) * shift);
}

function factorial(n: number): number {
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}
