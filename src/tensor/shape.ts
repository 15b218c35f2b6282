/** Shapes: how they are written, broadcast and checked, and the error that tells a caller which one was wrong. */

export type Shape = readonly number[];

/** `[2, 3]`, as every message of this library writes a shape. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Distance, in elements, between neighbours along each axis of a row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/**
 * A graph that cannot be built: thrown by the operation that was given the wrong shape, type or attribute,
 * with a stack that starts at the line that called into vaekit's tensors.
 */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(operation: string, problem: string) {
    super(`${operation}: ${problem}`);
    this.stack = withoutOwnFrames(this.stack ?? '');
  }
}

// Frames inside this folder say how the graph is built, not who built it wrongly. Where source maps are on, they are
// told by their place in src instead of dist.
function withoutOwnFrames(stack: string): string {
  const folder = new URL('.', import.meta.url).href;
  const source = folder.replace(/dist(\/tensor\/)$/, 'src$1');
  const places = [folder, source].flatMap((url) => [url, decodeURIComponent(new URL(url).pathname)]);
  const lines = stack.split('\n');
  const isFrame = (line: string) => /^\s+at /.test(line);
  const isOwn = (line: string) =>
    isFrame(line) && places.some((place) => line.includes(place)) && !line.includes('.test.');
  const lastOwn = lines.findLastIndex(isOwn);
  const callers = lines.slice(lastOwn + 1);
  if (lastOwn < 0 || callers.length === 0) return stack;
  return [...lines.slice(0, lines.findIndex(isFrame)), ...callers].join('\n');
}

/** NumPy's rule: shapes are aligned at their last axis, and a length of 1 stretches. */
export function broadcastShapes(operation: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let axis = 0; axis < shape.length; axis++) {
      const at = rank - shape.length + axis;
      if (shape[axis] === 1 || shape[axis] === result[at]) continue;
      if (result[at] !== 1) {
        throw new ShapeError(operation, `shapes ${shapes.map(show).join(' and ')} do not broadcast`);
      }
      result[at] = shape[axis];
    }
  }
  return result;
}

/** Turns −1 into the last axis and so on. */
export function normaliseAxis(operation: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ShapeError(operation, `axis ${axis} is outside a tensor of ${rank} axes`);
  }
  return normal;
}

/** Sorted, distinct, non-negative axes; all of them when none are named. */
export function normaliseAxes(
  operation: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const normal = list.map((axis) => normaliseAxis(operation, axis, rank)).sort((a, b) => a - b);
  if (new Set(normal).size < normal.length)
    throw new ShapeError(operation, `axes ${show(list)} name one twice`);
  return normal;
}

/** Checks a shape that a caller wrote down. */
export function requireShape(operation: string, shape: Shape): void {
  if (shape.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new ShapeError(operation, `${show(shape)} is not a shape: lengths are whole numbers from 0`);
  }
}
