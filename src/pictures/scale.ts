/** From values to places along an axis, with ticks at round values. */
import { signed } from './typesetting.js';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** The value's place in figure units. */
  at(value: number): number;
  readonly ticks: readonly Tick[];
}

/** Where on the figure `low` and `high` stand. */
export type Span = readonly [from: number, to: number];

export interface LinearOptions {
  /** About how many ticks there is room for. @default 5 */
  room?: number;
  /** Ticks are no closer than this; 1 where values are counts. @default 0 */
  finest?: number;
}

/** An even scale. */
export function linearScale(low: number, high: number, [from, to]: Span, options: LinearOptions = {}): Scale {
  const perUnit = (to - from) / (high - low);
  return { low, high, at: (value) => from + (value - low) * perUnit, ticks: linearTicks(low, high, options) };
}

/** A scale on which equal factors are equally long; both ends are positive. */
export function logScale(low: number, high: number, [from, to]: Span, room: number): Scale {
  const perFactor = (to - from) / Math.log(high / low);
  return {
    low,
    high,
    at: (value) => from + Math.log(value / low) * perFactor,
    ticks: logTicks(low, high, room),
  };
}

/** From `low` to `high`, the multiples of 1, 2 or 5 times a power of ten for which there is room. */
export function linearTicks(low: number, high: number, { room = 5, finest = 0 }: LinearOptions = {}): Tick[] {
  const widest = roundStep(Math.max(finest, (high - low) / Math.max(1, room)));
  // One tick alone says nothing about the scale: then the next finer step.
  const finer = roundStep(0.4 * widest);
  const step = room >= 2 && finer >= finest && countWithin(low, high, widest) < 2 ? finer : widest;
  // Counted in whole steps: adding the step up would gather rounding errors.
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const label = labeller(step, Math.max(Math.abs(first), Math.abs(last)) * step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const value = first + i === 0 ? 0 : (first + i) * step;
    return { value, label: label(value) };
  });
}

/** The least of 1, 2 or 5 times a power of ten that is no smaller. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}

function countWithin(low: number, high: number, step: number): number {
  return Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1;
}

/** Powers of ten, thinned to the room there is; with their doubles and fives where there are few. */
function logTicks(low: number, high: number, room: number): Tick[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const decades = Math.log10(high / low);
  if (decades < 1) return linearTicks(low, high, { room });
  const factors = decades <= room / 3 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / room));
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent++) {
    if (exponent % stride !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** exponent;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) {
        ticks.push({ value, label: labeller(value, value)(value) });
      }
    }
  }
  return ticks;
}

/**
 * How ticks are written: all of an axis in one unit, with the decimals that tell them apart.
 *
 * @param step    distance from tick to tick
 * @param largest the largest magnitude among them
 */
function labeller(step: number, largest: number): (value: number) => string {
  if (step < 1e-4 || largest >= 1e9) return (value) => (value === 0 ? '0' : scientific(value, step));
  const isMillions = largest >= 1e7 || (largest >= 1e6 && step >= 1e5);
  const [unit, letter] = isMillions ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, ''];
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  return (value) => (value === 0 ? '0' : `${signed((value / unit).toFixed(decimals))}${letter}`);
}

function scientific(value: number, step: number): string {
  const exponentOf = (x: number) => Math.floor(Math.log10(Math.abs(x)) + 1e-9);
  const digits = Math.max(0, Math.min(12, exponentOf(value) - exponentOf(step)));
  const [mantissa, exponent] = value.toExponential(digits).split('e');
  return signed(`${mantissa}e${Number(exponent)}`);
}

/**
 * The range that shows values: from the least to the largest finite one, with a margin as a share of it. A single
 * value stands in the middle of a range about its own size; nothing finite makes [0, 1].
 */
export function rangeOf(values: Iterable<number>, margin = 0.05): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  // Closer together than rounding errors of their own size, they are one value.
  if (high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) {
    const half = Math.max(Math.abs(low) * 0.1, 1e-6);
    return low === 0 && high === 0 ? [-1, 1] : [low - half, high + half];
  }
  const pad = margin * (high - low);
  return [low - pad, high + pad];
}

/** Values beyond all but this share on either side may be outliers; they are if they make the range much larger. */
const OUTLIERS = 0.001;
const MUCH_LARGER = 1.5;
/** Fewer values than this have no outliers. */
const FEW = 100;

/** The range that shows nearly all values: without a few that would leave the others no room. */
export function robustRange(values: Float64Array, margin = 0.05): [low: number, high: number] {
  const ordered = values.filter(Number.isFinite).sort();
  const whole = rangeOf(ordered, margin);
  if (ordered.length < FEW) return whole;
  const skipped = Math.ceil(OUTLIERS * ordered.length);
  const inner = rangeOf(ordered.subarray(skipped, ordered.length - skipped), margin);
  return whole[1] - whole[0] > MUCH_LARGER * (inner[1] - inner[0]) ? inner : whole;
}
