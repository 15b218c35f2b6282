/** A measured number with what one has to know to compare it with another. */

export interface Metric {
  readonly name: string;
  /** Null where there is no such number: `reason` says why. */
  readonly value: number | null;
  readonly unit:
    | 'nats'
    | 'bits'
    | 'bits per dimension'
    | 'bits per index'
    | 'dB'
    | 'coordinates'
    | 'codes'
    | '';
  /** Of the value, over the samples: by its formula for a mean, by bootstrap where that is said; null elsewhere. */
  readonly standardError: number | null;
  /** Where the value of 95 % of such sets of samples would lie, by bootstrap; absent elsewhere. */
  readonly interval?: readonly [low: number, high: number];
  /** Samples that it was measured on. */
  readonly n: number;
  /** How it was computed, with its formula or source. */
  readonly estimator: string;
  /** What was chosen: draws, windows, thresholds. */
  readonly options: Readonly<Record<string, number | string>>;
  readonly reason?: string;
}

type About = Pick<Metric, 'name' | 'unit' | 'estimator'> & Partial<Pick<Metric, 'options'>>;

/** Mean and variance of numbers that come in one by one. Welford 1962. */
export class RunningMean {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const difference = value - this.mean;
    this.mean += difference / this.count;
    this.#squares += difference * (value - this.mean);
  }

  addAll(values: Iterable<number>): this {
    for (const value of values) this.add(value);
    return this;
  }

  /** Standard deviation of the mean, or null for fewer than two numbers. */
  get standardError(): number | null {
    return this.count < 2 ? null : Math.sqrt(this.#squares / (this.count - 1) / this.count);
  }
}

/** The mean over samples, with its standard error. Infinite means, such as the PSNR of equal pictures, become null. */
export function meanOver(values: Iterable<number>, about: About): Metric {
  const { count, mean, standardError } = new RunningMean().addAll(values);
  if (Number.isFinite(mean)) return single(mean, count, { ...about, standardError });
  return missing(count, about, Number.isNaN(mean) ? 'it is not a number for some sample' : 'it is infinite');
}

/** A number that is no mean over samples. */
export function single(
  value: number,
  n: number,
  {
    standardError = null,
    options = {},
    ...about
  }: About & Partial<Pick<Metric, 'standardError' | 'interval'>>,
): Metric {
  return { ...about, value, standardError, n, options };
}

export function missing(n: number, { options = {}, ...about }: About, reason: string): Metric {
  return { ...about, value: null, standardError: null, n, options, reason };
}
