/** Makes elementwise lines and copies that one iteration space of the engine can do. */
import type { DType } from '../../tensor/index.js';
import { type Box, denseRead, type Graph, type Node, type Read } from './graph.js';
import type { CodeOp } from './plan.js';
import { breaksOf, mergeBreaks, positions, walkSize } from './views.js';

/** Axes that an iteration space of the engine may have. */
export const MAX_RANK = 8;

/** A line whose reads one iteration space can make; some of them are copied where there are too many axes. */
export function lineOf(
  graph: Graph,
  op: CodeOp | 'copy',
  dtype: DType,
  size: number,
  reads: readonly Read[],
  immediate = 0,
): Node {
  const breaks = reads.reduce<number[] | undefined>(
    (all, { walk }) => all && mergeBreaks(all, breaksOf(walk)),
    [],
  );
  if (breaks && breaks.length < MAX_RANK) return graph.line(op, dtype, size, reads, immediate);
  const most = Math.max(...reads.map(({ walk }) => walk.axes.length));
  const simpler = reads.map((read) => (read.walk.axes.length === most ? copyOf(graph, read) : read));
  return lineOf(graph, op, dtype, size, simpler, immediate);
}

/** The elements that are read, as a value of their own. */
export function copyOf(graph: Graph, read: Read): Read {
  const { source, walk } = read;
  const { dtype } = source;
  const size = walkSize(walk);
  const outer = walk.axes.slice(0, Math.max(0, walk.axes.length - MAX_RANK));
  if (outer.length === 0) return denseRead(graph.line('copy', dtype, size, [read]));
  // More axes than the engine has: a part for each place along the outer ones.
  const inner = walk.axes.slice(outer.length);
  const width = walkSize({ offset: 0, axes: inner });
  const count = size / width;
  const offsets = positions({ offset: walk.offset, axes: outer });
  const parts = Array.from(offsets, (offset): Read => ({ source, walk: { offset, axes: inner } }));
  const boxes = parts.map((_, i): Box => ({ starts: [i, 0], sizes: [1, width] }));
  return denseRead(graph.join(dtype, [count, width], size, parts, boxes, undefined));
}
