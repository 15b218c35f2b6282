/** Comparing an engine's float32 numbers with the reference's float64 ones. */
import type { Values } from '../engine/index.js';

/** One rounding of a float32 result, relative to it. */
const ROUNDING = 2 ** -23;
/** Below the smallest normal float32 an engine may round to 0, which is many times as fast. */
const SMALLEST_NORMAL = 2 ** -126;

export interface Tolerance {
  /** Allowed error in roundings of the result, or of `scale` where that is larger. */
  readonly roundings: number;
  /** Allowed error whatever the result. */
  readonly absolute?: number;
  /** Size of what was added up to make each result: cancellation leaves the roundings of the parts. */
  readonly scale?: Values;
}

/** Where `actual` is not `expected` within the tolerance, in words; empty where it is. The sign of zero does not count. */
export function mismatch(
  actual: Values,
  expected: Values,
  { roundings, absolute = 0, scale }: Tolerance,
): string {
  if (actual.length !== expected.length) return `${actual.length} values instead of ${expected.length}`;
  const wrong: string[] = [];
  for (let i = 0; i < actual.length; i++) {
    const [got, wanted] =
      expected instanceof Float64Array ? [actual[i], expected[i]].map(Math.fround) : [actual[i], expected[i]];
    if (Object.is(got, wanted) || got === wanted) continue;
    const size = Math.max(Math.abs(expected[i]), Math.abs(scale?.[i] ?? 0));
    const allowed = Math.max(roundings * ROUNDING * size, absolute, SMALLEST_NORMAL);
    const isNear = Number.isFinite(wanted) && Math.abs(actual[i] - expected[i]) <= allowed;
    if (!isNear) wrong.push(`[${i}] is ${actual[i]}, not ${expected[i]} ± ${allowed}`);
  }
  if (wrong.length === 0) return '';
  return `${wrong.length} of ${actual.length} differ: ${wrong.slice(0, 3).join('; ')}`;
}

/** The largest magnitude, 0 for none. */
export function largest(values: Values): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
