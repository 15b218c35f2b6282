/** Makes reductions: in the order in which memory has their operand, and of what an instruction can walk through. */
import { type Shape, sizeOf, stridesOf } from '../../tensor/index.js';
import { denseRead, type Graph, type Node, type Read, type ReduceNode, type Segment } from './graph.js';
import { copyOf, MAX_RANK } from './lines.js';
import type { ReduceOp } from './plan.js';
import {
  breaksOf,
  isDense,
  mergeBreaks,
  shapeOf,
  stridesOver,
  type Walk,
  walkAlong,
  walkSize,
} from './views.js';

/** A reduction over some axes of the shape in which a value is read. */
export function reduceOf(
  graph: Graph,
  op: ReduceOp,
  read: Read,
  shape: Shape,
  isReduced: readonly boolean[],
): Read {
  const segments = segmentsOf(shape, isReduced);
  if (segments.every((segment) => !segment.isReduced)) return read;
  const ordered = inOwnOrder(read, shape, segments);
  if (ordered) return reduceWhole(graph, op, read.source, ordered);
  return denseRead(reduceSegments(graph, op, read, segments));
}

/** A reduction of a read, or of a copy where no instruction could walk through it. */
export function reduceSegments(
  graph: Graph,
  op: ReduceOp,
  read: Read,
  segments: readonly Segment[],
): ReduceNode {
  const isPossible =
    breaksOf(read.walk).length < MAX_RANK &&
    (segments.length <= 2 || axesOf(read.walk, segments) !== undefined);
  return graph.reduce(op, isPossible ? read : copyOf(graph, read), segments);
}

interface ReducedAxis {
  readonly length: number;
  readonly stride: number;
  readonly isReduced: boolean;
}

/** The axes of a walk, cut where segments end; undefined where one runs across such an end. */
export function axesOf(walk: Walk, segments: readonly Segment[]): ReducedAxis[] | undefined {
  const size = walkSize(walk);
  const ends: number[] = [];
  let inner = size;
  for (const { length } of segments) {
    inner /= length;
    if (inner > 1) ends.push(inner);
  }
  const breaks = mergeBreaks(ends, breaksOf(walk));
  const lengths = breaks && shapeOf(size, breaks);
  const strides = lengths && stridesOver(walk, lengths);
  if (!strides) return undefined;
  let at = 0;
  let left = segments[0].length;
  return lengths.map((length, i) => {
    if (left === 1) left = segments[++at].length;
    left /= length;
    return { length, stride: strides[i], isReduced: segments[at].isReduced };
  });
}

/** Lengths of at least this many make an elementwise loop's own reduction worth its while. */
const LONG = 8;

/** Sums over several groups of axes take a long outermost or innermost one first, which a loop can do as it goes along. */
function reduceWhole(graph: Graph, op: ReduceOp, source: Node, { axes, kept }: OrderedAxes): Read {
  const segments = segmentsOf(
    axes.map(({ length }) => length),
    axes.map((axis) => axis.isReduced),
  );
  let read = denseRead(source);
  let rest = segments;
  if (source.kind === 'line' && segments.length > 2) {
    const [head, last] = [segments[0], segments[segments.length - 1]];
    if (last.isReduced && last.length >= LONG) {
      const rows = { length: source.size / last.length, isReduced: false };
      read = denseRead(graph.reduce(op, read, [rows, last]));
      rest = segments.slice(0, -1);
    } else if (head.isReduced && head.length >= LONG) {
      const columns = { length: source.size / head.length, isReduced: false };
      read = denseRead(graph.reduce(op, read, [head, columns]));
      rest = segments.slice(1);
    }
  }
  return { source: graph.reduce(op, read, rest), walk: kept };
}

interface OrderedAxes {
  readonly axes: readonly { readonly length: number; readonly isReduced: boolean }[];
  /** How the reduction's result is read in the order that was asked for. */
  readonly kept: Walk;
}

/** The axes of a read of all elements in the order in which the source has them. */
function inOwnOrder(
  { source, walk }: Read,
  shape: Shape,
  segments: readonly Segment[],
): OrderedAxes | undefined {
  if (sizeOf(shape) !== source.size) return undefined;
  const axes = axesOf(walk, segments)?.map((axis, index) => ({ ...axis, index }));
  if (!axes) return undefined;
  const sorted = [...axes].sort((a, b) => b.stride - a.stride || a.index - b.index);
  if (!isDense(walkAlong(sorted, walk.offset), source.size)) return undefined;
  const keptSorted = sorted.filter((axis) => !axis.isReduced);
  const places = stridesOf(keptSorted.map(({ length }) => length));
  const kept = axes
    .filter((axis) => !axis.isReduced)
    .map((axis) => ({ length: axis.length, stride: places[keptSorted.indexOf(axis)] }));
  return { axes: sorted, kept: walkAlong(kept, 0) };
}

function segmentsOf(shape: Shape, isReduced: readonly boolean[]): Segment[] {
  const segments: Segment[] = [];
  shape.forEach((length, axis) => {
    if (length !== 1) append(segments, { length, isReduced: isReduced[axis] });
  });
  return segments;
}

/** Puts a segment behind others, as a part of the last one if they are alike. */
export function append(segments: Segment[], { length, isReduced }: Segment): void {
  const last = segments[segments.length - 1];
  if (last?.isReduced === isReduced) {
    segments[segments.length - 1] = { length: last.length * length, isReduced };
  } else segments.push({ length, isReduced });
}
