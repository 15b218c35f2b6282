/**
 * Walks: in which order the elements of a stored value are read. Whatever moves nothing (reshape, transpose, slice,
 * broadcast) is a walk, not work.
 */
import { type Shape, stridesOf } from '../../tensor/index.js';

export interface Axis {
  readonly length: number;
  readonly stride: number;
}

/**
 * The smallest form: no axis of length 1, and no two neighbours that one axis could stand for. So a walk says nothing of
 * the shape that it is read in, and reshaping leaves it as it is.
 */
export interface Walk {
  readonly offset: number;
  readonly axes: readonly Axis[];
}

export function walkOf(shape: Shape, strides: readonly number[], offset = 0): Walk {
  return walkAlong(
    shape.map((length, axis) => ({ length, stride: strides[axis] })),
    offset,
  );
}

/** The smallest walk along axes, of which the first is the outermost. */
export function walkAlong(all: readonly Axis[], offset: number): Walk {
  const axes: Axis[] = [];
  for (const { length, stride } of all) {
    if (length === 1) continue;
    const last = axes[axes.length - 1];
    if (last && last.stride === length * stride)
      axes[axes.length - 1] = { length: last.length * length, stride };
    else axes.push({ length, stride });
  }
  return { offset, axes };
}

/** All elements of a value, in their own order. */
export function denseWalk(size: number): Walk {
  return walkOf([size], [1]);
}

/** One element, again and again. */
export function uniformWalk(size: number, offset = 0): Walk {
  return walkOf([size], [0], offset);
}

export function walkSize({ axes }: Walk): number {
  return axes.reduce((size, { length }) => size * length, 1);
}

export function isUniform({ axes }: Walk): boolean {
  return axes.every(({ stride }) => stride === 0);
}

/** Whether the elements are neighbours in their own order. */
export function isContiguous({ axes }: Walk): boolean {
  return axes.length === 0 || (axes.length === 1 && axes[0].stride === 1);
}

export function isDense(walk: Walk, size: number): boolean {
  return walk.offset === 0 && isContiguous(walk) && walkSize(walk) === size;
}

export function sameWalk(a: Walk, b: Walk): boolean {
  const isSame = ({ length, stride }: Axis, i: number) =>
    length === b.axes[i].length && stride === b.axes[i].stride;
  return a === b || (a.offset === b.offset && a.axes.length === b.axes.length && a.axes.every(isSame));
}

/** Text that tells the walk from all others. */
export function walkKey({ offset, axes }: Walk): string {
  let key = String(offset);
  for (const { length, stride } of axes) key += `,${length}*${stride}`;
  return key;
}

/** The strides with which the walk goes through a shape of its size; undefined where one stride per axis cannot say it. */
export function stridesOver({ axes }: Walk, shape: Shape): number[] | undefined {
  const strides = new Array<number>(shape.length).fill(0);
  let at = axes.length - 1;
  let [left, stride] = at < 0 ? [1, 0] : [axes[at].length, axes[at].stride];
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i];
    if (length === 1) continue;
    if (left === 1 && at > 0) {
      at--;
      ({ length: left, stride } = axes[at]);
    }
    if (left % length !== 0) return undefined;
    strides[i] = stride;
    left /= length;
    stride *= length;
  }
  return strides;
}

/** The lengths of what lies within each place where two axes of a walk meet, from the outermost on. */
export function breaksOf({ axes }: Walk): number[] {
  const breaks: number[] = [];
  let inner = 1;
  for (let i = axes.length - 1; i > 0; i--) {
    inner *= axes[i].length;
    breaks.unshift(inner);
  }
  return breaks;
}

/** All of the breaks, from the outermost on, if one shape has them all: then each divides the one before. */
export function mergeBreaks(a: readonly number[], b: readonly number[]): number[] | undefined {
  if (b.length === 0) return a as number[];
  const all = [...new Set([...a, ...b])].sort((x, y) => y - x);
  for (let i = 1; i < all.length; i++) if (all[i - 1] % all[i] !== 0) return undefined;
  return all;
}

/** The shape of a space that has these breaks. */
export function shapeOf(size: number, breaks: readonly number[]): number[] {
  const lengths: number[] = [];
  let outer = size;
  for (const inner of breaks) {
    lengths.push(outer / inner);
    outer = inner;
  }
  return [...lengths, outer];
}

/**
 * Reads a value of a space, which itself reads with `inner`, with `outer`: the walk of both in one, or undefined where there is
 * none.
 */
export function compose(outer: Walk, inner: Walk): Walk | undefined {
  const { axes } = inner;
  if (axes.length <= 1) {
    const only = axes[0]?.stride ?? 0;
    const scaled = outer.axes.map(({ length, stride }) => ({ length, stride: stride * only }));
    return walkAlong(scaled, inner.offset + outer.offset * only);
  }
  const lengths = axes.map(({ length }) => length);
  const places = stridesOf(lengths);
  const digits = (value: number) => lengths.map((length, k) => Math.floor(value / places[k]) % length);
  const lowest = digits(outer.offset);
  const highest = [...lowest];
  let offset = inner.offset;
  for (const [k, digit] of lowest.entries()) offset += digit * axes[k].stride;
  const composed: Axis[] = [];
  for (const { length, stride } of splitAtBreaks(outer.axes, places)) {
    const sign = Math.sign(stride);
    let total = 0;
    for (const [k, digit] of digits(Math.abs(stride)).entries()) {
      total += sign * digit * axes[k].stride;
      (sign < 0 ? lowest : highest)[k] += sign * digit * (length - 1);
    }
    composed.push({ length, stride: total });
  }
  // Where a digit overflows into the next one, the sum of steps is no longer what a walk can say.
  if (lowest.some((digit) => digit < 0) || highest.some((digit, k) => digit >= lengths[k])) return undefined;
  return walkAlong(composed, offset);
}

/** Splits the axes that run across the end of an inner axis, where they begin at one. */
function splitAtBreaks(axes: readonly Axis[], places: readonly number[]): Axis[] {
  return axes.flatMap(({ length, stride }) => {
    const split: Axis[] = [];
    let rest = length;
    const size = Math.abs(stride);
    for (const place of places) {
      const inside = place / size;
      if (size === 0 || !Number.isInteger(inside) || inside <= 1 || rest <= inside || rest % inside !== 0)
        continue;
      split.push({ length: rest / inside, stride: stride * inside });
      rest = inside;
    }
    return [...split, { length: rest, stride }];
  });
}

/** The element that each position of a walk reads. */
export function positions(walk: Walk): Int32Array {
  const out = new Int32Array(walkSize(walk));
  const { axes } = walk;
  const index = new Array<number>(axes.length).fill(0);
  let at = walk.offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      at += axes[axis].stride;
      if (++index[axis] < axes[axis].length) break;
      at -= axes[axis].stride * axes[axis].length;
      index[axis] = 0;
    }
  }
  return out;
}

/** The strides of a row-major shape, of which some axes are read. */
export function boxWalk(shape: Shape, starts: readonly number[], sizes: Shape): Walk {
  const strides = stridesOf(shape);
  return walkOf(
    sizes,
    strides,
    starts.reduce((offset, start, axis) => offset + start * strides[axis], 0),
  );
}
