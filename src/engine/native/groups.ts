/**
 * Puts the members of elementwise loops together: those that run over one space and hand values to each other, or read
 * the same large value, become one loop where nothing that lies between them forbids it. Then loops over the result of a
 * product are attached to it, and the new values of variables are written where the old ones were, if nobody wants
 * those any more.
 */

import { slotsOf } from './emit.js';
import {
  addTo,
  type GraphProgram,
  isLarge,
  isWhole,
  type KernelNode,
  type LeafNode,
  type Node,
  nodesInOrder,
  type Read,
  type ReduceNode,
  readKey,
} from './graph.js';
import { MAX_RANK } from './lines.js';
import { type Destination, isComputedWhole, loadsOf, type Member, type Step, type Steps } from './members.js';
import { Order } from './order.js';
import { breaksOf, mergeBreaks, walkSize } from './views.js';

/** Of the 64 that the engine has. */
const MOST_SLOTS = 60;
const MOST_LOADS = 24;
/** Lines and constants of a loop: more save nothing, and to look at them again for every member takes its time. */
const MOST_LINES = 160;
/** A loop over one element has no memory traffic to think of. */
const MOST_SCALAR_LOADS = 44;

/** One loop. */
export interface Group {
  readonly size: number;
  readonly members: Member[];
  readonly nodes: Set<Node>;
  /** Everything that members read, after the lines on the spot, by source and walk. */
  readonly reads: Map<string, Read>;
  breaks: readonly number[];
  /** Of the reductions that keep rows or columns. */
  columns: number | undefined;
  /** Lines and constants, at most. */
  registers: number;
  /** Slots that all this takes in the engine, at most: they are counted only where there may be too many. */
  slots: number;
  /** Whether the guard waits for it. */
  readonly isEarly: boolean;
}

/** What becomes one instruction. */
export interface Unit {
  kernel?: KernelNode | ReduceNode;
  group?: Group;
  isGuard?: boolean;
}

export interface Grouping {
  /** Units that have become part of others are undefined. */
  readonly units: readonly (Unit | undefined)[];
  readonly order: Order;
  /** Values that are computed right where they are wanted. */
  readonly homes: ReadonlyMap<Node, Destination>;
}

export function groupSteps(program: GraphProgram, steps: Steps): Grouping {
  return new Grouper(program, steps).result();
}

class Grouper {
  readonly #units: (Unit | undefined)[] = [];
  readonly #order: Order;
  readonly #unitsOf = new Map<Node, Set<number>>();
  /** Loops that read a large value in its own order. */
  readonly #readers = new Map<Node, Set<number>>();
  readonly #scalars = new Set<number>();
  /** Units that read a variable. */
  readonly #variableReaders = new Map<Node, Set<number>>();
  readonly #homes = new Map<Node, Destination>();
  /** Units that fill what the parts of a join do not cover. */
  readonly #fillings = new Map<Node, number>();
  /** Loops that do nothing but copy new values into variables, by size. */
  readonly #copies = new Map<number, number>();
  readonly #early: ReadonlySet<Node>;
  /** Bits of the units that are products. */
  readonly #products: Uint32Array;

  constructor(
    readonly program: GraphProgram,
    readonly steps: Steps,
  ) {
    const { outputs, updates, guard } = program;
    const most = steps.list.length + outputs.length + updates.length + 1;
    this.#order = new Order(most);
    this.#products = new Uint32Array(Math.ceil(most / 32));
    const wantedEarly = [...outputs.map(({ read }) => read.source), ...(guard ? [guard.source] : [])];
    this.#early = new Set(guard ? nodesInOrder(wantedEarly) : []);
    for (const step of steps.list) this.#add(step);
    for (const { name, read } of outputs) this.#output(name, read);
    this.#attach();
    const last = guard && this.#guard(guard);
    for (const { variable, read } of updates) this.#update(variable, read, last);
  }

  result(): Grouping {
    return { units: this.#units, order: this.#order, homes: this.#homes };
  }

  #create(unit: Unit): number {
    this.#units.push(unit);
    return this.#order.create();
  }

  #add(step: Step): number {
    if (step.kind !== 'kernel') return this.#addMember(step);
    const { node } = step;
    const unit = this.#create({ kernel: node });
    if (isProduct(node)) this.#products[unit >>> 5] |= 1 << (unit & 31);
    for (const { source } of this.steps.readsOf(node)) this.#needSource(unit, source);
    addTo(this.#unitsOf, node, unit);
    return unit;
  }

  #needSource(unit: number, source: Node): void {
    for (const maker of this.#unitsOf.get(source) ?? []) this.#order.need(unit, maker);
    if (source.kind === 'variable') addTo(this.#variableReaders, source, unit);
  }

  #groupOf(unit: number): Group | undefined {
    return this.#units[unit]?.group;
  }

  // Members.

  #addMember(member: Member): number {
    const reads: Read[] = [];
    let registers = 1;
    for (const read of member.reads) registers += loadsOf(read, this.steps.isInline, reads);
    const breaks = reads.reduce<readonly number[]>(
      (all, { walk }) => mergeBreaks(all, breaksOf(walk)) ?? all,
      member.kind === 'place' ? breaksOf(member.walk) : [],
    );
    const alone: Group = {
      size: member.size,
      members: [member],
      nodes: new Set(member.kind === 'line' ? [member.node] : []),
      reads: new Map(reads.map((read) => [readKey(read), read])),
      breaks,
      columns: member.kind === 'reduce' && member.keep !== 'nothing' ? member.columns : undefined,
      registers,
      slots: registers + reads.length,
      isEarly: this.#isEarly(member),
    };
    const needs = new Set<number>();
    for (const { source } of reads) for (const unit of this.#unitsOf.get(source) ?? []) needs.add(unit);
    // A part goes to its place after that has been filled.
    const filling = member.kind === 'place' ? this.#fillings.get(member.node) : undefined;
    if (filling !== undefined) needs.add(filling);
    const producers = this.#producers(reads, member.size);
    const parts = member.kind === 'place' ? [...(this.#unitsOf.get(member.node) ?? [])] : [];
    const siblings = [...parts, ...this.#siblings(reads, member.size, needs)];
    // A sum is wanted by what comes after the loop: the earlier the better. A value need not be kept for long.
    const candidates = [...producers, ...(member.kind === 'reduce' ? siblings : siblings.reverse())];
    let unit = candidates.find((candidate) => this.#canJoin(alone, needs, candidate));
    if (unit === undefined) {
      unit = this.#create({ group: alone });
      if (member.size === 1) this.#scalars.add(unit);
    } else this.#combine(unit, alone);
    for (const need of needs) this.#order.need(unit, need);
    for (const { source } of reads) this.#needSource(unit, source);
    if (member.kind !== 'store') addTo(this.#unitsOf, member.node, unit);
    if (member.kind === 'place' && member.isFill) this.#fillings.set(member.node, unit);
    for (const producer of producers) this.#tryMerge(unit, producer);
    this.#noteReader(reads, unit, member.size);
    return unit;
  }

  #isEarly(member: Member): boolean {
    return member.kind === 'store' ? member.destination.kind === 'output' : this.#early.has(member.node);
  }

  /** Loops that have values of this member in a register. */
  #producers(reads: readonly Read[], size: number): number[] {
    const producers: number[] = [];
    for (const read of reads) {
      if (read.source.kind !== 'line' || !isWhole(read)) continue;
      for (const unit of this.#unitsOf.get(read.source) ?? []) {
        if (this.#groupOf(unit)?.size === size && !producers.includes(unit)) producers.push(unit);
      }
    }
    return producers.reverse();
  }

  /** Loops that run over the same large values anyway, the earliest first. They must not have to wait for more products. */
  #siblings(reads: readonly Read[], size: number, needs: ReadonlySet<number>): number[] {
    const isWelcome = (unit: number) =>
      !this.#order.isAwaited(unit) || this.#order.covers(unit, needs, this.#products);
    if (size === 1) return [...this.#scalars].filter(isWelcome).sort((a, b) => a - b);
    const found = new Set<number>();
    for (const read of reads) {
      if (!isLarge(read, size) || !isWhole(read)) continue;
      for (const unit of this.#readers.get(read.source) ?? []) {
        if (this.#groupOf(unit)?.size === size && this.#order.covers(unit, needs, this.#products))
          found.add(unit);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  #noteReader(reads: readonly Read[], unit: number, size: number): void {
    for (const read of reads) {
      if (isLarge(read, size) && isWhole(read)) addTo(this.#readers, read.source, unit);
    }
  }

  #canJoin(member: Group, needs: ReadonlySet<number>, unit: number): boolean {
    const group = this.#groupOf(unit);
    if (!group || group.size !== member.size || group.isEarly !== member.isEarly) return false;
    for (const need of needs) if (need !== unit && this.#order.comesBefore(unit, need)) return false;
    return this.#handsOver(unit, group, member) && this.#fits(group, member);
  }

  /** Whether all that `later` reads of a loop is there in registers. */
  #handsOver(unit: number, group: Group, later: Group): boolean {
    for (const read of later.reads.values()) {
      if (!this.#unitsOf.get(read.source)?.has(unit)) continue;
      if (!group.nodes.has(read.source) || !isWhole(read)) return false;
    }
    // A part does not follow its filling in one loop.
    return later.members.every(
      (member) => member.kind !== 'place' || this.#fillings.get(member.node) !== unit,
    );
  }

  /** Whether two loops have room in one, which they become if so. */
  #fits(a: Group, b: Group): boolean {
    if (a.columns !== undefined && b.columns !== undefined && a.columns !== b.columns) return false;
    const breaks = mergeBreaks(a.breaks, b.breaks);
    if (!breaks || breaks.length >= MAX_RANK) return false;
    if (a.registers + b.registers > MOST_LINES) return false;
    let loads = 0;
    for (const reads of [a.reads, b.reads]) {
      for (const [key, read] of reads) {
        if (reads === b.reads && a.reads.has(key)) continue;
        if (!(a.nodes.has(read.source) || b.nodes.has(read.source)) || !isWhole(read)) loads++;
      }
    }
    if (loads > (a.size === 1 ? MOST_SCALAR_LOADS : MOST_LOADS)) return false;
    // Side by side they take no more than both, for what one reads of the other has a slot among its loads. To count them
    // takes as long as to write the loop.
    const most = Math.min(loads + a.registers + b.registers, a.slots + b.slots);
    const slots = most <= MOST_SLOTS ? most : this.#slotsOf([...a.members, ...b.members], [a, b]);
    if (slots > MOST_SLOTS) return false;
    a.slots = slots;
    b.slots = slots;
    return true;
  }

  #slotsOf(members: readonly Member[], groups: readonly Group[]): number {
    return slotsOf(members, {
      isInline: this.steps.isInline,
      isMember: (node: Node) => groups.some(({ nodes }) => nodes.has(node)),
      isStored: this.steps.wantedBeyond(members),
    });
  }

  #combine(unit: number, added: Group): void {
    const group = this.#groupOf(unit);
    if (!group) return;
    group.members.push(...added.members);
    for (const node of added.nodes) group.nodes.add(node);
    for (const [key, read] of added.reads) group.reads.set(key, read);
    group.breaks = mergeBreaks(group.breaks, added.breaks) ?? group.breaks;
    group.columns ??= added.columns;
    group.registers += added.registers;
  }

  #tryMerge(unit: number, other: number): void {
    const [group, gone] = [this.#groupOf(unit), this.#groupOf(other)];
    if (unit === other || !group || !gone || group.isEarly !== gone.isEarly) return;
    if (!this.#order.canMerge(unit, other)) return;
    if (!this.#handsOver(other, gone, group) || !this.#handsOver(unit, group, gone)) return;
    if (!this.#fits(gone, group)) return;
    // What is read comes first.
    const members = [...gone.members, ...group.members];
    this.#combine(unit, gone);
    group.members.splice(0, group.members.length, ...members);
    this.#absorb(unit, other);
  }

  /** A unit that is nothing but a loop becomes part of another one. */
  #absorb(kept: number, gone: number): void {
    this.#order.merge(kept, gone);
    const group = this.#groupOf(gone);
    this.#units[gone] = undefined;
    const replace = (units: Set<number> | undefined) => {
      if (units?.delete(gone)) units.add(kept);
    };
    for (const member of group?.members ?? []) {
      if (member.kind === 'store') continue;
      replace(this.#unitsOf.get(member.node));
      if (this.#fillings.get(member.node) === gone) this.#fillings.set(member.node, kept);
    }
    for (const { source } of group?.reads.values() ?? []) {
      replace(this.#variableReaders.get(source));
      replace(this.#readers.get(source));
    }
    replace(this.#scalars);
  }

  // Products.

  /** Loops over a product's result, for which everything else is ready before the product is, become part of it. */
  #attach(): void {
    const count = this.#units.length;
    for (let unit = 0; unit < count; unit++) {
      const group = this.#groupOf(unit);
      // A product has the loop that is part of it already.
      if (!group || this.#units[unit]?.kernel) continue;
      let best: number | undefined;
      for (const read of group.reads.values()) {
        const [product] = this.#unitsOf.get(read.source) ?? [];
        if (
          product !== undefined &&
          (best === undefined || product > best) &&
          this.#canAttach(product, unit, group)
        ) {
          best = product;
        }
      }
      const product = best === undefined ? undefined : this.#units[best];
      if (best === undefined || !product) continue;
      product.group = group;
      this.#absorb(best, unit);
    }
  }

  #canAttach(product: number, unit: number, group: Group): boolean {
    const made = this.#units[product];
    if (!made?.kernel || made.group || !isProduct(made.kernel) || made.kernel.size !== group.size)
      return false;
    const { kernel } = made;
    if (group.columns !== undefined && group.columns !== columnsOf(kernel)) return false;
    for (const read of group.reads.values()) if (read.source === kernel && !isWhole(read)) return false;
    if (this.steps.readsOf(kernel).some(({ source }) => group.nodes.has(source))) return false;
    return !this.#order.comesBefore(unit, product) && this.#order.canMerge(product, unit);
  }

  // What a program leaves behind.

  #output(name: string, read: Read): void {
    const destination: Destination = { kind: 'output', name };
    if (isComputedWhole(read) && !this.#homes.has(read.source)) this.#homes.set(read.source, destination);
    else this.#addMember({ kind: 'store', destination, size: walkSize(read.walk), reads: [read] });
  }

  #guard(condition: Read): number {
    const unit = this.#create({ isGuard: true });
    this.#needSource(unit, condition.source);
    for (const node of this.#homes.keys()) this.#needSource(unit, node);
    this.#units.forEach((other, i) => {
      const isOutput = (member: Member) => member.kind === 'store' && member.destination.kind === 'output';
      if (other?.group?.members.some(isOutput)) this.#order.need(unit, i);
    });
    return unit;
  }

  /** Writes a new value into its variable: as it is computed, if that comes after all that wants the old value. */
  #update(variable: LeafNode, read: Read, guard: number | undefined): void {
    const destination: Destination = { kind: 'variable', variable };
    const [unit] = this.#unitsOf.get(read.source) ?? [];
    const before = [...(this.#variableReaders.get(variable) ?? []), ...(guard === undefined ? [] : [guard])];
    const group = unit === undefined ? undefined : this.#groupOf(unit);
    if (
      unit !== undefined &&
      group?.nodes.has(read.source) &&
      before.every((other) => other === unit || !this.#order.comesBefore(unit, other)) &&
      this.#readsInPlace(unit, variable)
    ) {
      if (!this.#homes.has(read.source)) this.#homes.set(read.source, destination);
      else group.members.push({ kind: 'store', destination, size: group.size, reads: [read] });
      for (const other of before) this.#order.need(unit, other);
      return;
    }
    const size = walkSize(read.walk);
    const copy: Group = {
      size,
      members: [{ kind: 'store', destination, size, reads: [read] }],
      nodes: new Set(),
      reads: new Map([[readKey(read), read]]),
      breaks: [],
      columns: undefined,
      registers: 1,
      slots: 2,
      isEarly: false,
    };
    const alone = this.#create({ group: copy });
    this.#needSource(alone, read.source);
    for (const other of before) this.#order.need(alone, other);
    const companion = this.#copies.get(size);
    const earlier = companion === undefined ? undefined : this.#groupOf(companion);
    const isFree = (other: number) =>
      this.#order.canMerge(other, alone) && !this.#order.comesBefore(other, alone);
    if (companion !== undefined && earlier && isFree(companion) && this.#fits(earlier, copy)) {
      this.#combine(companion, copy);
      this.#absorb(companion, alone);
    } else this.#copies.set(size, alone);
  }

  #readsInPlace(unit: number, variable: LeafNode): boolean {
    const { kernel, group } = this.#units[unit] ?? {};
    if (kernel && this.steps.readsOf(kernel).some(({ source }) => source === variable)) return false;
    for (const read of group?.reads.values() ?? []) {
      if (read.source === variable && !isWhole(read)) return false;
    }
    return true;
  }
}

function isProduct(node: KernelNode | ReduceNode): node is KernelNode {
  if (node.kind !== 'kernel') return false;
  return node.work.kind === 'matmul' ? node.work.batch === 1 : 'geometry' in node.work;
}

function columnsOf({ work }: KernelNode): number | undefined {
  if (work.kind === 'matmul') return work.n;
  if (!('geometry' in work)) return undefined;
  return work.kind === 'convInputGrad' ? work.geometry.channels : work.geometry.filters;
}
