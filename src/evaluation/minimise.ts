/**
 * Least value of a smooth convex function, by its gradient alone: L-BFGS, with a search along each direction for where
 * the derivative vanishes. Values are not looked at: near the minimum, float32 cannot tell two of them apart long before
 * the gradient is small.
 *
 * Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5.
 */

export interface MinimiseOptions {
  /** Largest entry of the gradient at the end. @default 1e-5 */
  readonly tolerance?: number;
  /** Directions that the curvature is remembered from. @default 10 */
  readonly memory?: number;
  /** @default 500 */
  readonly mostIterations?: number;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly iterations: number;
  /** Whether the gradient came below the tolerance. */
  readonly converged: boolean;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (change · step) */
  readonly rho: number;
}

interface Point {
  readonly at: Float64Array;
  readonly gradient: Float64Array;
}

/** A step is taken where the derivative along it is between these shares of what it was at its beginning. */
const STEEPEST = 0.9;
const OVERSHOT = -0.1;
/** Evaluations along one direction, after which the last one is taken. */
const MOST_TRIALS = 20;
/** How near to an end of the bracket the secant may go, as a share of it. */
const MARGIN = 0.1;

/** @param gradientAt of the function; what it gives is not changed */
export async function minimise(
  gradientAt: (at: Float64Array) => Promise<Float64Array>,
  start: Float64Array,
  { tolerance = 1e-5, memory = 10, mostIterations = 500 }: MinimiseOptions = {},
): Promise<Minimum> {
  const pairs: Pair[] = [];
  let here: Point = { at: start, gradient: await gradientAt(start) };
  const isThere = () => here.gradient.every((entry) => Math.abs(entry) <= tolerance);
  let iterations = 0;
  for (; iterations < mostIterations && !isThere(); iterations++) {
    const direction = directionFrom(here.gradient, pairs);
    const next = await alongLine(gradientAt, here, direction);
    const step = combine(next.at, -1, here.at);
    const change = combine(next.gradient, -1, here.gradient);
    const curvature = dot(change, step);
    // Rounding, or a function that is flat here, would turn the next direction uphill.
    if (curvature > 0) pairs.push({ step, change, rho: 1 / curvature });
    else pairs.length = 0;
    if (pairs.length > memory) pairs.shift();
    here = next;
  }
  return { at: here.at, iterations, converged: isThere() };
}

/** −H g with H, an estimate of the inverse Hessian, made of the pairs; −g / max(1, ‖g‖) without any. */
function directionFrom(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let q = gradient;
  const alphas = [...pairs].reverse().map(({ step, change, rho }) => {
    const alpha = rho * dot(step, q);
    q = combine(q, -alpha, change);
    return alpha;
  });
  const last = pairs.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.change, last.change)) : 1 / Math.max(1, norm(gradient));
  q = q.map((entry) => scale * entry);
  for (const { step, change, rho } of pairs) {
    const alpha = alphas.pop() ?? 0;
    q = combine(q, alpha - rho * dot(change, q), step);
  }
  return q.map((entry) => -entry);
}

/** A point on the line where the derivative along it is near zero; for a convex function it only rises. */
async function alongLine(
  gradientAt: (at: Float64Array) => Promise<Float64Array>,
  { at, gradient }: Point,
  direction: Float64Array,
): Promise<Point> {
  const initial = dot(gradient, direction);
  let low = { length: 0, slope: initial };
  let high: { length: number; slope: number } | undefined;
  let length = 1;
  for (let trial = 1; ; trial++) {
    const there = combine(at, length, direction);
    const point = { at: there, gradient: await gradientAt(there) };
    const slope = dot(point.gradient, direction);
    const share = slope / initial;
    if ((share <= STEEPEST && share >= OVERSHOT) || trial === MOST_TRIALS) return point;
    if (share > STEEPEST) low = { length, slope };
    else high = { length, slope };
    length = high ? secant(low, high) : 2 * length;
  }
}

interface Slope {
  readonly length: number;
  readonly slope: number;
}

function secant(low: Slope, high: Slope): number {
  const share = low.slope / (low.slope - high.slope);
  return low.length + Math.min(1 - MARGIN, Math.max(MARGIN, share)) * (high.length - low.length);
}

// Plain loops: with a thousand features, callbacks per element would cost more than the gradients.
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** a + factor · b */
function combine(a: Float64Array, factor: number, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i] + factor * b[i];
  return result;
}
