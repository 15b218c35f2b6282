/**
 * Rewrites of the graph that leave every value what it is, to rounding, and make it cheaper for loops that run over whole
 * tensors:
 *
 *   Σ Σ x = Σ x,   Σ (a x / b + c) = a Σ x / b + n c     where a, b, c do not vary along what is summed
 *   0 < z = 0 < max(z, 0)                                so that the pre-activation need not be kept
 *   where(c, a, 0) + s · where(c, 0, b) = where(c, a, s b)
 *   pad(a) + pad(b) = a and b side by side               where they do not overlap
 *   Σ (a and b side by side) = Σ a and Σ b side by side  where they are so along what is kept
 *   (a b)ᵀ = bᵀ aᵀ                                       where only the transpose is read
 *   aᵀ b + cᵀ d + … = (a over c …)ᵀ (b over d …)         where that is less than all the results
 */
import { type Shape, sameShape, sizeOf } from '../../tensor/index.js';
import {
  type Box,
  denseRead,
  type Graph,
  type GraphProgram,
  isLarge,
  isWhole,
  type JoinNode,
  type KernelNode,
  type LineNode,
  type Node,
  nodesInOrder,
  numberOf,
  type Read,
  type ReduceNode,
  rootsOf,
  type Segment,
  sameRead,
} from './graph.js';
import { lineOf } from './lines.js';
import type { CodeOp } from './plan.js';
import { joinProducts } from './productSums.js';
import { append, reduceOf, reduceSegments } from './reductions.js';
import { isDense, sameWalk, stridesOver, type Walk, walkAlong, walkOf } from './views.js';

export function rewriteGraph(program: GraphProgram, graph: Graph): GraphProgram {
  const rewriter = new Rewriter(graph, nodesInOrder(rootsOf(program)), rootsOf(program));
  const rewritten = (read: Read) => rewriter.rewritten(read);
  return {
    outputs: program.outputs.map(({ name, read }) => ({ name, read: rewritten(read) })),
    updates: program.updates.map(({ variable, read }) => ({ variable, read: rewritten(read) })),
    guard: program.guard && rewritten(program.guard),
  };
}

/** How often a node is read, and how if always in one way. */
interface Uses {
  count: number;
  walk: Walk | undefined;
}

class Rewriter {
  readonly #image = new Map<Node, Node>();
  readonly #uses = new Map<Node, Uses>();
  /** For each z the node max(z, s z), s being 0 or a slope below 1. */
  readonly #activated = new Map<Node, LineNode>();
  readonly #depths = new Map<Node, number>();
  /** Sums that nothing wants but another sum. */
  readonly #inner = new Set<Node>();

  constructor(
    readonly graph: Graph,
    nodes: readonly Node[],
    roots: readonly Node[],
  ) {
    const use = (node: Node, walk: Walk | undefined) => {
      const uses = this.#uses.get(node);
      if (!uses) this.#uses.set(node, { count: 1, walk });
      else {
        uses.count++;
        if (!walk || !uses.walk || !sameWalk(walk, uses.walk)) uses.walk = undefined;
      }
    };
    for (const node of nodes) for (const { source, walk } of node.reads) use(source, walk);
    for (const root of roots) use(root, undefined);
    for (const node of nodes) {
      if (node.kind !== 'line' || node.op !== 'max') continue;
      for (const { source } of node.reads) {
        if (slopeOf(node, source) !== undefined) this.#activated.set(source, node);
      }
    }
    for (const { reads } of nodes.filter(isSum)) {
      for (const read of reads) {
        if (isSum(read.source) && isWhole(read) && this.#usesOf(read.source) === 1) {
          this.#inner.add(read.source);
        }
      }
    }
    for (const node of nodes) this.#imageOf(node);
  }

  /** Of a node whose reads have been rewritten before. */
  #imageOf(node: Node): Node {
    const known = this.#image.get(node);
    if (known) return known;
    const image = this.#rewrite(node);
    this.#image.set(node, image);
    return image;
  }

  rewritten(read: Read): Read {
    return { source: this.#image.get(read.source) ?? read.source, walk: this.#turned(read) };
  }

  /** A product that is made the other way round is read the other way round. */
  #turned({ source, walk }: Read): Walk {
    return this.#swapped(source) ? denseRead(source).walk : walk;
  }

  #rewrite(node: Node): Node {
    if (node.kind === 'kernel' && this.#swapped(node)) return this.#swap(node);
    const reads = node.reads.map((read) => this.rewritten(read));
    if (node.kind === 'reduce' && node.op === 'sum') return this.#sum(node, reads[0]);
    if (node.kind === 'line') return this.#line(node, reads);
    const isSame = node.reads.every(
      ({ source, walk }, i) => source === reads[i].source && walk === reads[i].walk,
    );
    return isSame ? node : this.graph.withReads(node, reads);
  }

  #usesOf(node: Node): number {
    return this.#uses.get(node)?.count ?? 0;
  }

  #swapped(node: Node): boolean {
    if (node.kind !== 'kernel' || node.work.kind !== 'matmul') return false;
    const { batch, m, n } = node.work;
    const walk = this.#uses.get(node)?.walk;
    return batch === 1 && m > 1 && n > 1 && walk !== undefined && sameWalk(walk, walkOf([n, m], [1, n]));
  }

  #swap(node: KernelNode): Node {
    const [a, b] = node.reads.map((read) => this.rewritten(read));
    if (node.work.kind !== 'matmul') return node;
    const { m, n, k } = node.work;
    const turned = ({ source, walk }: Read, rows: number, columns: number): Read => {
      const [row, column] = stridesOver(walk, [rows, columns]) ?? [];
      return { source, walk: walkOf([columns, rows], [column, row], walk.offset) };
    };
    const work = { kind: 'matmul', batch: 1, m: n, n: m, k } as const;
    return this.graph.kernel(work, node.dtype, node.size, [turned(b, k, n), turned(a, m, k)]);
  }

  #line(node: LineNode, reads: readonly Read[]): Node {
    if (node.op === 'less') {
      const [zero, z] = node.reads;
      const y = isWhole(z) ? this.#activated.get(z.source) : undefined;
      if (y && this.#isSpent(z.source)) {
        const rewritten = denseRead(this.#imageOf(y));
        if (numberOf(zero) === 0 && slopeOf(y, z.source) === 0) {
          return this.graph.line('less', 'bool', node.size, [reads[0], rewritten]);
        }
        // s z < z and s y < y are the same comparison for z > 0, where y = z, and both false elsewhere.
        if (
          isWhole(zero) &&
          zero.source.kind === 'line' &&
          scaleOf(zero.source, z.source) === slopeOf(y, z.source)
        ) {
          const [a, b] = zero.source.reads;
          const scale = numberOf(a) === undefined ? b : a;
          const scaled = denseRead(this.graph.line('mul', 'float32', node.size, [rewritten, scale]));
          return this.graph.line('less', 'bool', node.size, [scaled, rewritten]);
        }
      }
    }
    if (node.op === 'add') {
      const joined = this.#joined(reads) ?? this.#chosen(reads, node.size) ?? this.#sumOfProducts(node);
      if (joined) return joined;
    }
    return lineOf(this.graph, node.op, node.dtype, node.size, reads, node.immediate);
  }

  /** Whether nothing but an activation wants this value, or what it is cheaply computed from. */
  #isSpent(z: Node): boolean {
    let node = z;
    let isFirst = true;
    while (node.kind === 'line') {
      const large = node.reads.filter((read) => isLarge(read, node.size));
      if (large.length !== 1) return true;
      if (!isFirst && this.#usesOf(node) > 1) return false;
      isFirst = false;
      node = large[0].source;
    }
    return isFirst || this.#usesOf(node) === 1;
  }

  /** where(c, a, 0) + s · where(c, 0, b). */
  #chosen(reads: readonly Read[], size: number): Node | undefined {
    for (const [left, right] of [reads, [reads[1], reads[0]]]) {
      const a = choice(left);
      const b = choice(right) ?? scaledChoice(right);
      if (!a || !b || numberOf(a.otherwise) !== 0 || numberOf(b.then) !== 0) continue;
      if (!sameRead(a.condition, b.condition)) continue;
      const other =
        b.scale === undefined
          ? b.otherwise
          : denseRead(this.graph.line('mul', 'float32', size, [b.otherwise, b.scale]));
      return lineOf(this.graph, 'where', 'float32', size, [a.condition, a.then, other]);
    }
    return undefined;
  }

  #joined([left, right]: readonly Read[]): Node | undefined {
    const [a, b] = [left.source, right.source];
    if (a.kind !== 'join' || b.kind !== 'join' || !isWhole(left) || !isWhole(right)) return undefined;
    if (a.fill !== 0 || b.fill !== 0 || !sameShape(a.shape, b.shape)) return undefined;
    if (a.boxes.some((one) => b.boxes.some((other) => overlap(one, other)))) return undefined;
    return this.#merged(a, b);
  }

  #merged(a: JoinNode, b: JoinNode): Node {
    const parts = [...a.reads, ...b.reads];
    return this.graph.join(a.dtype, a.shape, a.size, parts, [...a.boxes, ...b.boxes], 0);
  }

  /** A sum whose products become one, where many of them are alike. */
  #sumOfProducts(sum: LineNode): Node | undefined {
    if (!isSum(sum) || this.#inner.has(sum)) return undefined;
    const terms = this.#termsOf(sum);
    const isSpent = ({ source }: Read) => this.#usesOf(source) === 1;
    const spent = terms.filter(isSpent).map((term) => this.rewritten(term));
    const products = joinProducts(this.graph, spent);
    if (products.length === spent.length) return undefined;
    const others = terms.filter((term) => !isSpent(term)).map((term) => this.rewritten(term));
    const add = (a: Read, b: Read) => denseRead(lineOf(this.graph, 'add', 'float32', sum.size, [a, b]));
    return [...products, ...others].reduce(add).source;
  }

  /** What is added up in sums of sums, of which there may be as many as a sequence has frames. */
  #termsOf(sum: LineNode): Read[] {
    const terms: Read[] = [];
    const open = [...sum.reads];
    for (let read = open.pop(); read; read = open.pop()) {
      if (this.#inner.has(read.source)) open.push(...read.source.reads);
      else terms.push(read);
    }
    return terms;
  }

  /** Reductions and kernels on the longest way from a leaf: what has more of them is known later. */
  #depth(node: Node): number {
    const known = this.#depths.get(node);
    if (known !== undefined) return known;
    const stack = [node];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const open = top.reads.filter(({ source }) => !this.#depths.has(source));
      if (open.length > 0) {
        stack.push(...open.map(({ source }) => source));
        continue;
      }
      stack.pop();
      const below = top.reads.reduce((most, { source }) => Math.max(most, this.#depths.get(source) ?? 0), 0);
      const isBarrier = top.kind === 'reduce' || top.kind === 'kernel' || top.kind === 'join';
      this.#depths.set(top, isBarrier ? below + 1 : below);
    }
    return this.#depths.get(node) ?? 0;
  }

  #sum(node: ReduceNode, read: Read): Node {
    const { segments, size } = node;
    const plain = () => this.#plainSum(read, segments);
    if (node.dtype !== 'float32' || !isWhole(read)) return plain();
    const depth = this.#depth(read.source);
    const space: Space = { segments, size: read.source.size };
    const split = new Terms(space, (sum) => this.#depth(sum) === depth).of(read);
    const isEarlier = split.every(({ full }) => full.every(({ source }) => this.#depth(source) < depth));
    const terms = split.length > 1 && isEarlier ? split : new Terms(space, () => false).of(read);
    if (terms.length === 1 && terms[0].factors.length === 0 && terms[0].sign > 0) return plain();
    const [head, ...tail] = terms.map((term) => this.#term(term, space, node));
    const signed = head.sign < 0 ? this.graph.line('neg', 'float32', size, [head.read]) : head.read.source;
    return tail.reduce<Node>(
      (sum, { read: each, sign }) =>
        this.graph.line(sign < 0 ? 'sub' : 'add', 'float32', size, [denseRead(sum), each]),
      signed,
    );
  }

  /** What a term contributes to the sum. */
  #term({ factors, full, sign }: Term, space: Space, node: ReduceNode): { read: Read; sign: number } {
    const { size } = node;
    const count = space.size / size;
    const apply = (op: CodeOp, a: Read, b: Read) =>
      denseRead(lineOf(this.graph, op, 'float32', size, [a, b]));
    let read: Read;
    if (full.length === 0) read = this.graph.filled('float32', count, size);
    else {
      const product = full.reduce((a, b) =>
        denseRead(lineOf(this.graph, 'mul', 'float32', space.size, [a, b])),
      );
      const sum = this.#plainSum(product, space.segments);
      // Whoever wants the whole wants this part of it.
      this.#uses.set(sum, { count: this.#usesOf(sum) + this.#usesOf(node), walk: undefined });
      read = denseRead(sum);
    }
    for (const { read: factor, isDivisor } of factors) read = apply(isDivisor ? 'div' : 'mul', read, factor);
    return { read, sign };
  }

  /** The parts' sums side by side, which the loops that make the parts take in passing. */
  #sumOfParts(
    { dtype, shape, boxes, reads, fill }: JoinNode,
    segments: readonly Segment[],
  ): Node | undefined {
    // Which can be sums of columns.
    if (segments.length !== 2 || !segments[0].isReduced) return undefined;
    const isReduced = reducedAxes(shape, segments);
    const isComputed = reads.every(({ source }) => source.kind === 'line' || source.kind === 'kernel');
    if (!isReduced || !isComputed || (fill !== undefined && fill !== 0)) return undefined;
    const isAlongKept = boxes.every(({ sizes }) =>
      sizes.every((size, axis) => !isReduced[axis] || size === shape[axis]),
    );
    if (!isAlongKept) return undefined;
    const kept = <T>(axes: readonly T[]) => axes.filter((_, axis) => !isReduced[axis]);
    const sums = reads.map((read, i) => reduceOf(this.graph, 'sum', read, boxes[i].sizes, isReduced));
    const keptBoxes = boxes.map(({ starts, sizes }) => ({ starts: kept(starts), sizes: kept(sizes) }));
    const keptShape = kept(shape);
    return this.graph.join(dtype, keptShape, sizeOf(keptShape), sums, keptBoxes, fill);
  }

  /** A sum, of what an inner sum adds up where nothing else wants that. */
  #plainSum(read: Read, segments: readonly Segment[]): Node {
    const inner = read.source;
    if (inner.kind === 'reduce' && inner.op === 'sum' && isWhole(read) && this.#usesOf(inner) === 1) {
      const both = nested(inner.segments, segments);
      if (both) return reduceSegments(this.graph, 'sum', inner.reads[0], both);
    }
    const parts = inner.kind === 'join' && isWhole(read) ? this.#sumOfParts(inner, segments) : undefined;
    if (parts) return parts;
    return reduceSegments(this.graph, 'sum', read, segments);
  }
}

const isSum = (node: Node): node is LineNode =>
  node.kind === 'line' && node.op === 'add' && node.dtype === 'float32';

/** s of max(z, s z), or 0 for max(z, 0). */
function slopeOf(max: LineNode, z: Node): number | undefined {
  for (const [one, other] of [max.reads, [max.reads[1], max.reads[0]]]) {
    if (one.source !== z || !isWhole(one)) continue;
    if (numberOf(other) === 0) return 0;
    const scale = other.source.kind === 'line' && isWhole(other) ? scaleOf(other.source, z) : undefined;
    if (scale !== undefined && scale > 0 && scale < 1) return scale;
  }
  return undefined;
}

/** s of s z. */
function scaleOf({ op, reads }: LineNode, z: Node): number | undefined {
  if (op !== 'mul') return undefined;
  for (const [one, other] of [reads, [reads[1], reads[0]]]) {
    if (one.source === z && isWhole(one)) return numberOf(other);
  }
  return undefined;
}

interface Choice {
  readonly condition: Read;
  readonly then: Read;
  readonly otherwise: Read;
  readonly scale?: Read;
}

function choice({ source, walk }: Read): Choice | undefined {
  if (source.kind !== 'line' || source.op !== 'where' || source.dtype !== 'float32') return undefined;
  const [condition, then, otherwise] = source.reads;
  return isDense(walk, source.size) ? { condition, then, otherwise } : undefined;
}

function scaledChoice({ source, walk }: Read): Choice | undefined {
  if (source.kind !== 'line' || source.op !== 'mul' || !isDense(walk, source.size)) return undefined;
  for (const [chosen, scale] of [source.reads, [source.reads[1], source.reads[0]]]) {
    const found = choice(chosen);
    if (found && Number.isFinite(numberOf(scale))) return { ...found, scale };
  }
  return undefined;
}

function overlap(a: Box, b: Box): boolean {
  return a.starts.every(
    (start, axis) => start < b.starts[axis] + b.sizes[axis] && b.starts[axis] < start + a.sizes[axis],
  );
}

/** Which axes the segments reduce; undefined where one ends within an axis. */
function reducedAxes(shape: Shape, segments: readonly Segment[]): boolean[] | undefined {
  const isReduced: boolean[] = [];
  let at = 0;
  let left = segments[0].length;
  for (const length of shape) {
    if (left === 1 && length > 1) left = segments[++at].length;
    if (left % length !== 0) return undefined;
    left /= length;
    isReduced.push(segments[at].isReduced);
  }
  return isReduced;
}

/** What a sum runs over. */
interface Space {
  readonly segments: readonly Segment[];
  readonly size: number;
}

/** A product of factors that do not vary along what is summed, and of others. */
interface Term {
  readonly sign: number;
  /** In the order of what is kept. */
  readonly factors: readonly { readonly read: Read; readonly isDivisor: boolean }[];
  /** In the order of the space; nothing stands for 1. */
  readonly full: readonly Read[];
}

/** More terms than these are not worth a sum each. */
const MOST_TERMS = 8;

/** Takes what is summed apart, each value once. */
class Terms {
  readonly #known = new Map<Node, readonly Term[]>();

  /** @param mayOpen whether a sum of two may be taken apart */
  constructor(
    readonly space: Space,
    readonly mayOpen: (node: Node) => boolean,
  ) {}

  of(read: Read): readonly Term[] {
    const constant = alongKept(read, this.space);
    if (constant) return [{ sign: 1, factors: [{ read: constant, isDivisor: false }], full: [] }];
    const node = read.source;
    if (node.kind !== 'line' || !isWhole(read)) return [{ sign: 1, factors: [], full: [read] }];
    const known = this.#known.get(node);
    if (known) return known;
    const found = this.#opened(node);
    const terms = found && found.length <= MOST_TERMS ? found : [{ sign: 1, factors: [], full: [read] }];
    this.#known.set(node, terms);
    return terms;
  }

  #opened(node: LineNode): readonly Term[] | undefined {
    const [a, b] = node.reads;
    switch (node.op) {
      case 'neg':
        return negated(this.of(a));
      case 'add':
        return this.mayOpen(node) ? [...this.of(a), ...this.of(b)] : undefined;
      case 'sub':
        return this.mayOpen(node) ? [...this.of(a), ...negated(this.of(b))] : undefined;
      case 'div': {
        const divisor = alongKept(b, this.space);
        return divisor && scaled(this.of(a), divisor, true);
      }
      case 'mul': {
        const [left, right] = [alongKept(a, this.space), alongKept(b, this.space)];
        if (left) return scaled(this.of(b), left, false);
        if (right) return scaled(this.of(a), right, false);
        return multiplied(this.of(a), this.of(b));
      }
      default:
        return undefined;
    }
  }
}

const negated = (terms: readonly Term[]) => terms.map((term) => ({ ...term, sign: -term.sign }));

const scaled = (terms: readonly Term[], factor: Read, isDivisor: boolean) =>
  terms.map((term) => ({ ...term, factors: [...term.factors, { read: factor, isDivisor }] }));

/** The product of two terms, if either has a factor to take out. */
function multiplied(a: readonly Term[], b: readonly Term[]): readonly Term[] | undefined {
  const [one, other] = [a[0], b[0]];
  const factors = [...one.factors, ...other.factors];
  const full = [...one.full, ...other.full].sort((x, y) => x.source.id - y.source.id);
  if (a.length > 1 || b.length > 1 || factors.length === 0 || full.length > MOST_TERMS) return undefined;
  return [{ sign: one.sign * other.sign, factors, full }];
}

/** The read in the space of what is kept, if it does not vary along what is summed. */
function alongKept({ source, walk }: Read, { segments }: Space): Read | undefined {
  const strides = stridesOver(
    walk,
    segments.map(({ length }) => length),
  );
  if (!strides || segments.some(({ isReduced }, i) => isReduced && strides[i] !== 0)) return undefined;
  const kept = segments.flatMap(({ length, isReduced }, i) =>
    isReduced ? [] : [{ length, stride: strides[i] }],
  );
  return { source, walk: walkAlong(kept, walk.offset) };
}

/** The segments of a sum over a sum. */
function nested(inner: readonly Segment[], outer: readonly Segment[]): Segment[] | undefined {
  const all: Segment[] = [];
  let at = 0;
  let left = outer[0]?.length ?? 1;
  for (const { length, isReduced } of inner) {
    if (isReduced) {
      append(all, { length, isReduced });
      continue;
    }
    // An inner axis may be cut where an outer one ends.
    let rest = length;
    while (rest > 1) {
      if (left === 1) left = outer[++at].length;
      const part = Math.min(rest, left);
      if (rest % part !== 0 || left % part !== 0) return undefined;
      // The part that is taken off is the outermost one of both.
      append(all, { length: part, isReduced: outer[at].isReduced });
      rest /= part;
      left /= part;
    }
  }
  return all;
}
