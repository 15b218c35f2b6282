/** How far a number would lie from itself on other samples of the same kind: Efron's bootstrap, Ann. Statist. 7, 1979. */
import { RandomStream } from '../random/index.js';

export const RESAMPLES = 200;

export interface Bootstrapped {
  /** Standard deviation over the resamples. */
  readonly standardError: number;
  /** Between its quantiles 2.5 % and 97.5 %. */
  readonly interval: readonly [low: number, high: number];
}

/**
 * Draws `count` samples with putting back, again and again.
 *
 * @param statistic of samples that count as often as `times` [count] says; NaN where it is not defined on them, which is
 *   left out
 * @returns         undefined where fewer than two resamples have the statistic
 */
export function bootstrap(
  count: number,
  statistic: (times: Uint32Array) => number,
  { seed = 0, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): Bootstrapped | undefined {
  const stream = new RandomStream(seed, 'bootstrap');
  const words = new Uint32Array(count);
  const times = new Uint32Array(count);
  const values: number[] = [];
  for (let b = 0; b < resamples; b++) {
    times.fill(0);
    for (const word of stream.words(words, b)) times[Math.floor((word / 2 ** 32) * count)]++;
    const value = statistic(times);
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  values.sort((a, b) => a - b);
  return {
    standardError: Math.sqrt(squares / (values.length - 1)),
    interval: [quantile(values, 0.025), quantile(values, 0.975)],
  };
}

/** The value below which a part p of the sorted values lies, between two of them by how near p is to each. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
