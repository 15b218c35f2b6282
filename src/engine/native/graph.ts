/**
 * The graph that the lowering works on: values that must be computed, each reading others through walks. Moves are gone,
 * elementwise operations are those of the plan, and equal nodes are one.
 */
import { type ConstantData, type DType, inputsFirst, type Shape } from '../../tensor/index.js';
import type { CodeOp, Elementwise, Guard, Instruction, Reduce, ReduceOp } from './plan.js';
import {
  denseWalk,
  isDense,
  isUniform,
  sameWalk,
  uniformWalk,
  type Walk,
  walkKey,
  walkSize,
} from './views.js';

export interface Read {
  readonly source: Node;
  readonly walk: Walk;
}

interface Base {
  /** Of a node made later it is larger: sources come before what reads them. */
  readonly id: number;
  readonly dtype: DType;
  readonly size: number;
  readonly reads: readonly Read[];
}

export interface ConstantNode extends Base {
  readonly kind: 'constant';
  readonly data: ConstantData;
}

export interface LeafNode extends Base {
  readonly kind: 'input' | 'variable';
  readonly name: string;
}

/** One line of elementwise code for each element; `copy` is the value itself. All reads are as long as the result. */
export interface LineNode extends Base {
  readonly kind: 'line';
  readonly op: CodeOp | 'copy';
  readonly immediate: number;
}

/** Neighbouring axes of a reduction's operand, of which some are reduced; no two neighbours are alike. */
export interface Segment {
  readonly length: number;
  readonly isReduced: boolean;
}

export interface ReduceNode extends Base {
  readonly kind: 'reduce';
  readonly op: ReduceOp;
  readonly segments: readonly Segment[];
}

/** Parts of one value, each in its box; what no box covers is `fill`. */
export interface JoinNode extends Base {
  readonly kind: 'join';
  readonly shape: Shape;
  readonly boxes: readonly Box[];
  /** Undefined where the boxes cover everything. */
  readonly fill: number | undefined;
}

export interface Box {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** Work that is an instruction of its own. */
export interface KernelNode extends Base {
  readonly kind: 'kernel';
  readonly work: KernelWork;
}

/** The instruction, without what it reads and writes and what follows it. */
export type KernelWork = WithoutBuffers<Exclude<Instruction, Elementwise | Reduce | Guard>>;
type WithoutBuffers<Work> = Work extends Instruction
  ? Omit<Work, 'a' | 'b' | 'c' | 'left' | 'right' | 'x' | 'indices' | 'result' | 'first' | 'then'>
  : never;

export type Node = ConstantNode | LeafNode | LineNode | ReduceNode | JoinNode | KernelNode;

type Unmade<N> = N extends Node ? Omit<N, 'id'> : never;

export const denseRead = (source: Node): Read => ({ source, walk: denseWalk(source.size) });

/** Whether all of the source is read, in its own order. */
export const isWhole = ({ source, walk }: Read): boolean => isDense(walk, source.size);

/** Whether reading it costs a loop over `size` elements memory traffic that counts. */
export const isLarge = (read: Read, size: number): boolean =>
  read.source.size * 4 > size && numberOf(read) === undefined;

/** Text that tells the read from all others of the graph. */
export const readKey = ({ source, walk }: Read) => `${source.id} ${walkKey(walk)}`;

export const sameRead = (a: Read, b: Read) => a.source === b.source && sameWalk(a.walk, b.walk);

/** The one number that is read, where it is known. */
export function numberOf({ source, walk }: Read): number | undefined {
  return source.kind === 'constant' && isUniform(walk) ? source.data[walk.offset] : undefined;
}

/** Makes nodes, and finds those that have been made before. */
export class Graph {
  readonly #made = new Map<string, Node>();
  #count = 0;

  /** @param key what tells this node from others, beside its reads; undefined for one that equals no other */
  #node<N extends Node>(unmade: Unmade<N>, key: string | undefined): N {
    const { dtype, size, reads } = unmade;
    const full = key === undefined ? undefined : [key, dtype, size, ...reads.map(readKey)].join(' ');
    const existing = full === undefined ? undefined : this.#made.get(full);
    if (existing) return existing as N;
    const node = { id: this.#count++, ...unmade } as unknown as N;
    if (full !== undefined) this.#made.set(full, node);
    return node;
  }

  constant(dtype: DType, data: ConstantData): ConstantNode {
    const key = data.length === 1 ? `constant ${Object.is(data[0], -0) ? '-0' : data[0]}` : undefined;
    return this.#node<ConstantNode>({ kind: 'constant', dtype, size: data.length, reads: [], data }, key);
  }

  /** A number, as often as it is wanted. */
  filled(dtype: DType, value: number, size: number): Read {
    const data =
      dtype === 'float32'
        ? Float64Array.of(value)
        : dtype === 'int32'
          ? Int32Array.of(value)
          : Uint8Array.of(value);
    return { source: this.constant(dtype, data), walk: uniformWalk(size) };
  }

  leaf(kind: LeafNode['kind'], name: string, dtype: DType, size: number): LeafNode {
    return this.#node<LeafNode>({ kind, name, dtype, size, reads: [] }, `${kind} ${JSON.stringify(name)}`);
  }

  line(op: LineNode['op'], dtype: DType, size: number, reads: readonly Read[], immediate = 0): LineNode {
    return this.#node<LineNode>({ kind: 'line', op, dtype, size, reads, immediate }, `${op} ${immediate}`);
  }

  reduce(op: ReduceOp, read: Read, segments: readonly Segment[]): ReduceNode {
    const size = segments.reduce(
      (product, { length, isReduced }) => (isReduced ? product : product * length),
      1,
    );
    const key = `reduce ${op} ${segments.map(({ length, isReduced }) => (isReduced ? -length : length))}`;
    return this.#node<ReduceNode>(
      { kind: 'reduce', op, dtype: read.source.dtype, size, reads: [read], segments },
      key,
    );
  }

  /**
   * What is itself put together goes to its place part by part.
   *
   * @param fill for what no box covers, if anything
   */
  join(
    dtype: DType,
    shape: Shape,
    size: number,
    parts: readonly Read[],
    boxes: readonly Box[],
    fill: number | undefined,
  ): JoinNode {
    const isCovered = parts.reduce((sum, { walk }) => sum + walkSize(walk), 0) === size;
    const placed = parts.flatMap((part, i) => partsOf(part, boxes[i]));
    return this.#node<JoinNode>(
      {
        kind: 'join',
        dtype,
        size,
        reads: placed.map(({ read }) => read),
        shape,
        boxes: placed.map(({ box }) => box),
        fill: isCovered ? undefined : fill,
      },
      undefined,
    );
  }

  kernel(work: KernelWork, dtype: DType, size: number, reads: readonly Read[]): KernelNode {
    const key = work.kind === 'random' ? undefined : JSON.stringify(work);
    return this.#node<KernelNode>({ kind: 'kernel', dtype, size, reads, work }, key);
  }

  /** The same node with other reads. */
  withReads(node: Node, reads: readonly Read[]): Node {
    switch (node.kind) {
      case 'line':
        return this.line(node.op, node.dtype, node.size, reads, node.immediate);
      case 'reduce':
        return this.reduce(node.op, reads[0], node.segments);
      case 'join':
        return this.join(node.dtype, node.shape, node.size, reads, node.boxes, node.fill);
      case 'kernel':
        return this.kernel(node.work, node.dtype, node.size, reads);
      default:
        return node;
    }
  }
}

/** What a read puts into a box: its own parts where it is of a join that differs from the box in axes of length 1 at most. */
function partsOf(read: Read, box: Box): { read: Read; box: Box }[] {
  const { source } = read;
  const whole = [{ read, box }];
  if (source.kind !== 'join' || !isWhole(read) || source.fill !== undefined) return whole;
  const long = (lengths: Shape) => lengths.flatMap((length, axis) => (length > 1 ? [axis] : []));
  const [outer, inner] = [long(box.sizes), long(source.shape)];
  const isAlike =
    outer.length === inner.length && outer.every((axis, i) => box.sizes[axis] === source.shape[inner[i]]);
  if (!isAlike) return whole;
  return source.reads.map((part, k) => {
    const [starts, sizes] = [[...box.starts], [...box.sizes]];
    outer.forEach((axis, i) => {
      starts[axis] += source.boxes[k].starts[inner[i]];
      sizes[axis] = source.boxes[k].sizes[inner[i]];
    });
    return { read: part, box: { starts, sizes } };
  });
}

/** All nodes that the roots depend on, each after what it reads. */
export function nodesInOrder(roots: Iterable<Node>): Node[] {
  return inputsFirst(roots, ({ reads }) => reads.map(({ source }) => source));
}

/** What a program computes. */
export interface GraphProgram {
  readonly outputs: readonly { readonly name: string; readonly read: Read }[];
  readonly updates: readonly { readonly variable: LeafNode; readonly read: Read }[];
  readonly guard: Read | undefined;
}

export function rootsOf({ outputs, updates, guard }: GraphProgram): Node[] {
  const roots = [...outputs, ...updates].map(({ read }) => read.source);
  return guard ? [...roots, guard.source] : roots;
}

/** Adds to the set of a node. */
export function addTo<T>(sets: Map<Node, Set<T>>, node: Node, value: T): void {
  const known = sets.get(node);
  if (known) known.add(value);
  else sets.set(node, new Set([value]));
}
