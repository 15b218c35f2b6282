/**
 * The least rate at a distortion of independent normal variables, for tests of what channels achieve.
 *
 * Reverse water-filling, Cover & Thomas 2006, §10.3.3: at a water level θ, R = Σ max(0, ½ log λ_i/θ) nats, D = Σ min(λ_i, θ).
 */

/** R, and D as a squared distance Σ (x − x̂)². */
export interface RateAndSquares {
  readonly rate: number;
  readonly squares: number;
}

export function waterFilling(variances: readonly number[], level: number): RateAndSquares {
  return {
    rate: variances.reduce((sum, l) => sum + Math.max(0, 0.5 * Math.log(l / level)), 0),
    squares: variances.reduce((sum, l) => sum + Math.min(l, level), 0),
  };
}

/** The least rate at a distortion, by bisection of the level. */
export function leastRate(variances: readonly number[], squares: number): number {
  let [low, high] = [1e-6, Math.max(...variances)];
  for (let i = 0; i < 60; i++) {
    const level = (low + high) / 2;
    if (waterFilling(variances, level).squares < squares) low = level;
    else high = level;
  }
  return waterFilling(variances, low).rate;
}
