/** Weights of many codes, given as logarithms: what is averaged by them, and what is drawn. */

/** A mean over several parts of a weighted sample, whose weights have one unit. */
export class WeightedMean {
  readonly mean: Float64Array;
  #largest = -Infinity;
  /** Σ w of all parts so far, as a multiple of the largest. */
  #total = 0;

  constructor(width: number) {
    this.mean = new Float64Array(width);
  }

  /** @param average mean of the part by its own weights */
  add(logWeights: Float32Array, average: Float32Array): void {
    const largest = largestOf(logWeights, this.#largest);
    if (largest === -Infinity) return;
    const total = logWeights.reduce((sum, log) => sum + Math.exp(log - largest), 0);
    const before = this.#total * Math.exp(this.#largest - largest);
    const share = total / (before + total);
    for (let j = 0; j < this.mean.length; j++) this.mean[j] += share * (average[j] - this.mean[j]);
    this.#largest = largest;
    this.#total = before + total;
  }
}

/** w_k / Σ w */
export function sharesOf(logWeights: Float64Array): Float64Array {
  const largest = largestOf(logWeights);
  const weights = logWeights.map((log) => Math.exp(log - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** An index by its share for each of some numbers uniform in [0, 1). */
export function indicesAt(shares: Float64Array, uniform: Float32Array): number[] {
  const upTo = new Float64Array(shares.length);
  shares.forEach((share, k) => {
    upTo[k] = (upTo[k - 1] ?? 0) + share;
  });
  return Array.from(uniform, (u) => {
    const at = upTo.findIndex((sum) => u < sum);
    // Rounding may leave the sum of all a little below 1.
    return at < 0 ? shares.length - 1 : at;
  });
}

function largestOf(values: Float32Array | Float64Array, atLeast = -Infinity): number {
  let largest = atLeast;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}
