/**
 * Decides which values are computed where they are wanted, and which are stored; what is left to be done is a list of
 * members of elementwise loops and of kernels.
 *
 * A line that is cheap and reads one large value is computed again in every loop that wants it: that costs less than to store
 * and load it. So is one that a single loop reads in another order: its own reads are then made in that order. And a large
 * operand of convolutions is made by them, where what it is made from lies in memory anyway.
 */

import {
  addTo,
  denseRead,
  type GraphProgram,
  isLarge,
  isWhole,
  type JoinNode,
  type KernelNode,
  type LeafNode,
  type LineNode,
  type Node,
  nodesInOrder,
  numberOf,
  type Read,
  type ReduceNode,
  rootsOf,
} from './graph.js';
import { MAX_RANK } from './lines.js';
import { boxWalk, breaksOf, compose, isDense, mergeBreaks, type Walk, walkKey, walkSize } from './views.js';

/** Where a loop leaves what it has computed, beside the values of nodes. */
export type Destination =
  | { readonly kind: 'output'; readonly name: string }
  | { readonly kind: 'variable'; readonly variable: LeafNode };

/** What an elementwise loop does in one go over `size` elements. */
export type Member = {
  readonly size: number;
  /** What the loop reads, lines that are computed on the spot included. */
  readonly reads: readonly Read[];
} & (
  | { readonly kind: 'line'; readonly node: LineNode }
  | { readonly kind: 'reduce'; readonly node: ReduceNode; readonly columns: number; readonly keep: Keep }
  /** Puts a part of a join into its box; without a part, fills it. */
  | { readonly kind: 'place'; readonly node: JoinNode; readonly walk: Walk; readonly isFill: boolean }
  | { readonly kind: 'store'; readonly destination: Destination }
);

export type Keep = 'rows' | 'columns' | 'nothing';

export type Step = Member | { readonly kind: 'kernel'; readonly node: KernelNode | ReduceNode };

export interface Steps {
  /** Each after what it reads. */
  readonly list: readonly Step[];
  isInline(node: Node): node is LineNode;
  /** Whether a line is an operand that the convolutions which read it make themselves. */
  isMade(node: Node): node is LineNode;
  /** What a kernel reads from memory: its operands, or what it makes them from. */
  readsOf(kernel: KernelNode | ReduceNode): readonly Read[];
  /** Tells whether anything but these members may want the stored value of a line. */
  wantedBeyond(members: readonly Member[]): (node: Node) => boolean;
}

/** Lines that a line computed on the spot may have before it, and small values that these may read. */
const MOST_REPEATED = 12;
const MOST_SMALL_READS = 6;
/** So that a single member always fits into the engine's registers. */
const MOST_LINES_ON_THE_SPOT = 16;

/** Lines that take longer than to store and load their result, and `step`, which has nothing to be made from. */
const COSTLY: ReadonlySet<LineNode['op']> = new Set<LineNode['op']>([
  'exp',
  'log',
  'log1p',
  'expm1',
  'sqrt',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'lgamma',
  'polygamma',
  'pow',
  'step',
]);

/** What a reduction keeps, where an elementwise loop can make it as it goes along. */
function keepOf({ segments }: ReduceNode): { keep: Keep; columns: number } | undefined {
  const [head, next] = segments;
  const size = segments.reduce((product, { length }) => product * length, 1);
  if (segments.length === 1) return { keep: 'nothing', columns: size };
  if (segments.length > 2) return undefined;
  return head.isReduced ? { keep: 'columns', columns: next.length } : { keep: 'rows', columns: next.length };
}

/** The iteration space of a loop, as far as it is known: the breaks of all walks in it. */
interface Space {
  breaks: readonly number[];
  /** Lines that are computed on the spot. */
  lines: number;
}

interface Demand {
  readonly space: Space;
  readonly walk: Walk;
}

/** What is known of a line from what it reads. */
interface Recipe {
  /** The large values at its roots: the line can be made from these on the spot. */
  readonly bases: ReadonlySet<Node>;
  readonly lines: ReadonlySet<Node>;
  readonly smallReads: ReadonlySet<Node>;
  /** Whether something else wants the bases, too, or what is made of them on the way. */
  readonly isShared: boolean;
  /** Whether large values are read in their own order. */
  readonly isWhole: boolean;
}

/** @param leastMade numbers of an operand from which on convolutions make it themselves */
export function stepsOf(program: GraphProgram, leastMade: number): Steps {
  const nodes = nodesInOrder(rootsOf(program));
  const wanted = bufferWanted(nodes, program);
  const readers = readersOf(nodes);
  const recipes = recipesOf(nodes, wanted, readers);
  const made = madeOperands(nodes, program, recipes, readers, leastMade);
  for (const node of made) wanted.delete(node);
  const inline = new Set<Node>();
  const stored = new Set<Node>(wanted);
  const demands = new Map<Node, Demand[]>();
  const demand = (read: Read, space: Space, outer?: Walk) => {
    const walk = outer ? compose(outer, read.walk) : read.walk;
    if (!walk) throw new Error('native: a walk that was found before is gone');
    const list = demands.get(read.source);
    if (list) list.push({ space, walk });
    else demands.set(read.source, [{ space, walk }]);
  };

  const stores = program.outputs.filter(({ read }) => !isComputedWhole(read));
  for (const { read } of stores) demand(read, { breaks: breaksOf(read.walk), lines: 0 });
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (node.kind === 'line') {
      const list = demands.get(node) ?? [];
      if (mayRepeat(node, list, recipes.get(node), stored.has(node)) && fits(node, list)) {
        inline.add(node);
        for (const each of list) for (const read of node.reads) demand(read, each.space, each.walk);
      } else stored.add(node);
      if (stored.has(node)) {
        const space = { breaks: spaceBreaks(node.reads), lines: 0 };
        for (const read of node.reads) demand(read, space);
      }
    } else if (node.kind === 'kernel') {
      for (const read of node.reads) if (made.has(read.source)) demand(read, { breaks: [], lines: 0 });
    } else if (node.kind === 'reduce' && keepOf(node)) {
      demand(node.reads[0], { breaks: breaksOf(node.reads[0].walk), lines: 0 });
    } else if (node.kind === 'join') {
      node.reads.forEach((read, k) => {
        const target = breaksOf(boxWalk(node.shape, node.boxes[k].starts, node.boxes[k].sizes));
        demand(read, { breaks: mergeBreaks(target, breaksOf(read.walk)) ?? [], lines: 0 });
      });
    }
  }

  const list = nodes.flatMap((node): Step[] => {
    if (node.kind === 'line') {
      return stored.has(node) ? [{ kind: 'line', node, size: node.size, reads: node.reads }] : [];
    }
    if (node.kind === 'kernel') return [{ kind: 'kernel', node }];
    if (node.kind === 'join') return places(node);
    if (node.kind !== 'reduce') return [];
    const kept = keepOf(node);
    if (!kept) return [{ kind: 'kernel', node }];
    return [{ kind: 'reduce', node, size: walkSize(node.reads[0].walk), reads: node.reads, ...kept }];
  });
  const consumers = consumersOf(nodes, program, stored, inline);
  const isInline = (node: Node): node is LineNode => inline.has(node);
  const isMade = (node: Node): node is LineNode => made.has(node) && inline.has(node);
  return {
    list,
    isInline,
    isMade,
    readsOf: ({ reads }) => {
      const own = reads.find(({ source }) => isMade(source));
      if (!own) return reads;
      const loads = reads.filter((read) => read !== own);
      loadsOf(own, isInline, loads);
      return loads;
    },
    wantedBeyond: (members) => {
      const own = new Set<Node | undefined>(
        members.flatMap((member) => (member.kind === 'store' ? [] : [member.node])),
      );
      return (node) => consumers.get(node)?.some((consumer) => !own.has(consumer)) ?? false;
    },
  };
}

/** What reads each line, through others that are computed on the spot; undefined for the caller of the program. */
function consumersOf(
  nodes: readonly Node[],
  { outputs, updates, guard }: GraphProgram,
  stored: ReadonlySet<Node>,
  inline: ReadonlySet<Node>,
): Map<Node, (Node | undefined)[]> {
  const consumers = new Map<Node, (Node | undefined)[]>();
  const add = (node: Node, list: readonly (Node | undefined)[]) => {
    const known = consumers.get(node);
    if (known) known.push(...list);
    else consumers.set(node, [...list]);
  };
  for (const { read } of [...outputs, ...updates]) add(read.source, [undefined]);
  if (guard) add(guard.source, [undefined]);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    const readers = inline.has(node)
      ? [...(stored.has(node) ? [node] : []), ...(consumers.get(node) ?? [])]
      : [node];
    for (const { source } of node.reads) add(source, readers);
  }
  return consumers;
}

/** Whether a read is of all of a value that some instruction makes. */
export function isComputedWhole(read: Read): boolean {
  const { kind } = read.source;
  return kind !== 'constant' && kind !== 'input' && kind !== 'variable' && isWhole(read);
}

/** Lines whose result something reads that is no elementwise loop. */
function bufferWanted(nodes: readonly Node[], { outputs, updates, guard }: GraphProgram): Set<Node> {
  const wanted = new Set<Node>();
  for (const node of nodes) {
    const isKernel = node.kind === 'kernel' || (node.kind === 'reduce' && !keepOf(node));
    if (isKernel) for (const { source } of node.reads) wanted.add(source);
  }
  for (const { read } of [...outputs, ...updates]) if (isComputedWhole(read)) wanted.add(read.source);
  if (guard) wanted.add(guard.source);
  return wanted;
}

/** Large lines that only convolutions read, which have all that is needed to make them in memory for others. */
function madeOperands(
  nodes: readonly Node[],
  program: GraphProgram,
  recipes: ReadonlyMap<Node, Recipe>,
  readers: ReadonlyMap<Node, ReadonlySet<Node>>,
  least: number,
): Set<Node> {
  const roots = new Set(rootsOf(program));
  const isReadElsewhere = (node: Node, { lines }: Recipe) =>
    node.kind === 'input' ||
    roots.has(node) ||
    [...(readers.get(node) ?? [])].some((reader) => !lines.has(reader));
  const made = new Set<Node>();
  for (const [node, recipe] of recipes) {
    const isLargeEnough = node.dtype === 'float32' && node.size >= least && !roots.has(node);
    if (!isLargeEnough || !recipe.isWhole || !isCheap(node, recipe)) continue;
    if (![...(readers.get(node) ?? [])].every((reader) => mayMake(reader, node))) continue;
    const others = [...recipe.bases, ...recipe.lines].filter((other) => other !== node);
    if (others.some((other) => isReadElsewhere(other, recipe))) made.add(node);
  }
  // A convolution makes one operand.
  for (const { kind, reads } of nodes) {
    if (kind === 'kernel' && reads.every(({ source }) => made.has(source))) made.delete(reads[1]?.source);
  }
  return made;
}

function mayMake(reader: Node, operand: Node): boolean {
  if (reader.kind !== 'kernel' || !('geometry' in reader.work)) return false;
  const [left, right] = reader.reads.map(({ source }) => source === operand);
  return left !== right && (left || reader.work.kind === 'convFilterGrad');
}

function readersOf(nodes: readonly Node[]): Map<Node, Set<Node>> {
  const readers = new Map<Node, Set<Node>>();
  for (const node of nodes) for (const { source } of node.reads) addTo(readers, source, node);
  return readers;
}

function recipesOf(
  nodes: readonly Node[],
  wanted: ReadonlySet<Node>,
  readers: ReadonlyMap<Node, ReadonlySet<Node>>,
): Map<Node, Recipe> {
  const recipes = new Map<Node, Recipe>();
  for (const node of nodes) {
    if (node.kind !== 'line') continue;
    const [bases, lines, smallReads] = [new Set<Node>(), new Set<Node>([node]), new Set<Node>()];
    let [isShared, isOwnOrder] = [false, true];
    for (const read of node.reads) {
      const { source } = read;
      if (!isLarge(read, node.size)) {
        if (numberOf(read) === undefined) smallReads.add(source);
        continue;
      }
      const recipe = wanted.has(source) ? undefined : recipes.get(source);
      const isRepeated = recipe !== undefined && isCheap(source, recipe) && isWhole(read);
      isOwnOrder &&= isWhole(read) && (!isRepeated || recipe.isWhole);
      if (isRepeated) {
        for (const base of recipe.bases) bases.add(base);
        for (const line of recipe.lines) lines.add(line);
        for (const small of recipe.smallReads) smallReads.add(small);
        isShared ||= recipe.isShared;
      } else bases.add(source);
      isShared ||=
        source.kind === 'input' || source.kind === 'variable' || (readers.get(source)?.size ?? 0) > 1;
    }
    recipes.set(node, { bases, lines, smallReads, isShared, isWhole: isOwnOrder });
  }
  return recipes;
}

function isCheap(node: Node, { bases, lines, smallReads }: Recipe): boolean {
  const isSmall = lines.size <= MOST_REPEATED && smallReads.size <= MOST_SMALL_READS;
  return node.kind === 'line' && !COSTLY.has(node.op) && bases.size <= 1 && isSmall;
}

/** Inputs of bytes are read as they are, and made floats on the way, even where a kernel wants the floats stored. */
function isConvertedInput({ op, reads }: LineNode): boolean {
  return (
    (op === 'floatFromInt' || op === 'floatFromMask') && isWhole(reads[0]) && reads[0].source.kind === 'input'
  );
}

function mayRepeat(
  node: LineNode,
  demands: readonly Demand[],
  recipe: Recipe | undefined,
  isStored: boolean,
): boolean {
  const isRepeating = ({ walk }: Demand) =>
    walk.axes.some(({ stride }) => stride === 0) || walkSize(walk) > node.size;
  if (demands.length === 0 || demands.some(isRepeating)) return false;
  if (isConvertedInput(node)) return true;
  if (isStored || !recipe) return false;
  const isOther = demands.some(({ walk }) => !isDense(walk, node.size));
  if (isOther && demands.length === 1) return true;
  // A mask of its own takes a quarter of the memory of what it is made from.
  const isWorthwhile = node.dtype !== 'bool' || recipe.isShared;
  return node.size > 1 && isCheap(node, recipe) && recipe.isWhole && isWorthwhile;
}

/** Whether every loop that wants a line can make its reads; if so, their breaks become the loop's. */
function fits({ reads }: LineNode, demands: readonly Demand[]): boolean {
  const before = demands.map(({ space }) => ({ ...space }));
  const isPossible = demands.every(({ space, walk }) => {
    if (++space.lines > MOST_LINES_ON_THE_SPOT) return false;
    return reads.every((read) => {
      const both = compose(walk, read.walk);
      const breaks = both && mergeBreaks(space.breaks, breaksOf(both));
      if (!breaks || breaks.length >= MAX_RANK) return false;
      space.breaks = breaks;
      return true;
    });
  });
  if (!isPossible) for (const [i, { space }] of demands.entries()) Object.assign(space, before[i]);
  return isPossible;
}

function spaceBreaks(reads: readonly Read[]): readonly number[] {
  return reads.reduce<readonly number[]>((all, { walk }) => mergeBreaks(all, breaksOf(walk)) ?? [], []);
}

function places(node: JoinNode): Member[] {
  const { reads, boxes, shape, size, fill } = node;
  const parts = reads.map((read, i): Member => {
    const walk = boxWalk(shape, boxes[i].starts, boxes[i].sizes);
    return { kind: 'place', node, walk, isFill: false, size: walkSize(walk), reads: [read] };
  });
  if (fill === undefined) return parts;
  const { walk } = denseRead(node);
  return [{ kind: 'place', node, walk, isFill: true, size, reads: [] }, ...parts];
}

/** What a loop needs for a read: what it loads, and how many lines and constants it has on the spot. */
export function loadsOf(read: Read, isInline: Steps['isInline'], loads: Read[]): number {
  if (numberOf(read) !== undefined) return 1;
  if (!isInline(read.source)) {
    loads.push(read);
    return 0;
  }
  let registers = 1;
  for (const inner of read.source.reads) {
    registers += loadsOf({ source: inner.source, walk: composed(read.walk, inner) }, isInline, loads);
  }
  return registers;
}

export function composed(outer: Walk, { source, walk }: Read): Walk {
  const both = isDense(outer, walkSize(walk)) ? walk : compose(outer, walk);
  if (!both) throw new Error(`native: ${walkKey(outer)} of ${walkKey(walk)} of a ${source.kind} is no walk`);
  return both;
}
