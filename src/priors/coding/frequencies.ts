/**
 * Logits as whole frequencies, the same on every machine that has the same logits: nothing is used but the arithmetic that
 * IEEE 754 defines to the last bit, which is not so of Math.exp.
 *
 *   f_k = 1 + ⌊(F − K) e^(ℓ_k − max) / Σ_j e^(ℓ_j − max)⌋,   what is left goes to the likeliest
 *
 * No symbol is impossible, whatever the logits say.
 */

/** F: what the frequencies of a symbol add up to. */
export const TOTAL = 2 ** 20;

/** Beyond, the 1 of every symbol would be more than a sixteenth of the whole. */
export const MOST_SYMBOLS = 2 ** 16;

/**
 * Writes the frequencies of `size` logits from `at` on.
 *
 * @throws Error if some logit is no finite number
 */
export function writeFrequencies(logits: ArrayLike<number>, at: number, frequencies: Float64Array): void {
  const size = frequencies.length;
  let likeliest = 0;
  for (let k = 1; k < size; k++) if (logits[at + k] > logits[at + likeliest]) likeliest = k;
  const most = logits[at + likeliest];
  let sum = 0;
  for (let k = 0; k < size; k++) {
    frequencies[k] = exponential(logits[at + k] - most);
    sum += frequencies[k];
  }
  if (!(sum >= 1)) throw new Error('frequencies: some logit of the prior is no finite number');
  let left = TOTAL;
  for (let k = 0; k < size; k++) {
    frequencies[k] = 1 + Math.floor(((TOTAL - size) * frequencies[k]) / sum);
    left -= frequencies[k];
  }
  frequencies[likeliest] += left;
}

const DEGREE = 13;
/** Below, e^x is nothing beside 1 / F. */
const LEAST = -40;
/** 2⁰, 2⁻¹, …: by division, which is exact. */
const HALVES = new Float64Array(64);
HALVES[0] = 1;
for (let i = 1; i < HALVES.length; i++) HALVES[i] = HALVES[i - 1] / 2;

/** e^x of x ≤ 0: 2^−n e^r, n ln 2 − x = −r, |r| ≤ ½ ln 2, where the Taylor polynomial of degree 13 is exact to 10⁻¹⁷. */
export function exponential(x: number): number {
  if (x < LEAST) return 0;
  const n = Math.floor(-x / Math.LN2 + 0.5);
  const r = x + n * Math.LN2;
  let sum = 1;
  for (let i = DEGREE; i > 0; i--) sum = 1 + (sum * r) / i;
  return sum * HALVES[n];
}
