/**
 * Gives the values of a step their places in one arena: values that are not alive at the same time share memory, and a loop
 * writes over what it is the last to read.
 */
import { bytesPerElement } from '../../tensor/index.js';
import {
  type Buffer,
  type Elementwise,
  type Instruction,
  LINE,
  type Place,
  type Plan,
  type Strided,
} from './plan.js';

export interface Access {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** The buffers that an instruction touches, each once. */
export function accessOf(instruction: Instruction): Access {
  const own = kernelAccessOf(instruction);
  const loop = loopOf(instruction);
  if (!loop) return own;
  return {
    reads: [...new Set([...own.reads, ...loop.loads.map(({ buffer }) => buffer)])],
    writes: [...new Set([...own.writes, ...writtenBy(loop)])],
  };
}

/** The buffer of each store and reduction. */
function writtenBy({ stores, reductions }: Elementwise): number[] {
  return [...stores, ...reductions].map(({ buffer }) => buffer);
}

/** The elementwise work of an instruction: the whole of it, or what follows a product. */
export function loopOf(instruction: Instruction): Elementwise | undefined {
  if (instruction.kind === 'elementwise') return instruction;
  return 'then' in instruction ? instruction.then : undefined;
}

/** What an instruction touches without the elementwise work that it is, or that follows. */
export function kernelAccessOf(instruction: Instruction): Access {
  switch (instruction.kind) {
    case 'elementwise':
      return { reads: [], writes: [] };
    case 'matmul':
      return { reads: [instruction.a.buffer, instruction.b.buffer], writes: [instruction.c] };
    case 'conv':
    case 'convInputGrad':
    case 'convFilterGrad': {
      const { left, right, result, first } = instruction;
      const stored = [left, right].filter((buffer) => buffer !== first?.stores[0].buffer);
      return { reads: [...stored, ...(first?.loads ?? []).map(({ buffer }) => buffer)], writes: [result] };
    }
    case 'reduce':
      return { reads: [instruction.x.buffer], writes: [instruction.result] };
    case 'gather':
    case 'scatterAdd':
      return { reads: [instruction.x, instruction.indices], writes: [instruction.result] };
    case 'cumsum':
    case 'argMax':
    case 'topK':
    case 'assignment':
      return { reads: [instruction.x], writes: [instruction.result] };
    case 'random':
      return { reads: [], writes: [instruction.result] };
    case 'guard':
      return { reads: [instruction.condition], writes: [] };
  }
}

/** What takes memory, wherever that is. */
type Sized = Omit<Buffer, 'place'>;

export const bytesOf = ({ size, dtype }: Sized): number => size * bytesPerElement(dtype);
export const linesOf = (sized: Sized): number => Math.ceil(bytesOf(sized) / LINE);

interface Block {
  first: number;
  last: number;
  readonly lines: number;
  line: number;
}

/**
 * Lines of the arena where the buffers that lie in it begin, and how many there are.
 *
 * @param isArena whether a buffer is to lie in the arena
 */
export function placeBuffers(
  instructions: readonly Instruction[],
  buffers: readonly Sized[],
  isArena: (buffer: number) => boolean,
): { lineOf: (buffer: number) => number; lines: number } {
  const blocks = new Map<number, Block>();
  const accesses = instructions.map(accessOf);
  accesses.forEach(({ reads, writes }, i) => {
    for (const buffer of [...reads, ...writes]) {
      if (!isArena(buffer)) continue;
      const block = blocks.get(buffer);
      if (block) block.last = i;
      else blocks.set(buffer, { first: i, last: i, lines: linesOf(buffers[buffer]), line: 0 });
    }
  });
  const own = new Map([...blocks].map(([buffer, { first, last }]) => [buffer, { first, last }]));
  instructions.forEach((instruction, i) => {
    for (const [store, load] of inPlace(instruction, buffers)) {
      const [stored, loaded] = [own.get(store), own.get(load)];
      const [block, onto] = [blocks.get(store), blocks.get(load)];
      if (!stored || !loaded || !block || !onto || block === onto) continue;
      if (stored.first !== i || loaded.last !== i) continue;
      onto.first = Math.min(onto.first, block.first);
      onto.last = Math.max(onto.last, block.last);
      blocks.set(store, onto);
    }
  });
  const lines = pack([...new Set(blocks.values())]);
  return { lineOf: (buffer) => blocks.get(buffer)?.line ?? 0, lines };
}

/**
 * Results of products that the caller gets, changed by the loop that follows them alone: they can be made where the caller's
 * array is, so that nothing is written twice.
 *
 * @param buffers their places so far, undefined for the arena
 */
export function madeInOutputs(
  instructions: readonly Instruction[],
  buffers: readonly (Sized & { readonly place: Place | undefined })[],
): Map<number, Place> {
  const uses = new Map<number, number>();
  for (const { reads, writes } of instructions.map(accessOf))
    for (const buffer of new Set([...reads, ...writes])) uses.set(buffer, (uses.get(buffer) ?? 0) + 1);
  const places = new Map<number, Place>();
  for (const instruction of instructions) {
    const results = kernelAccessOf(instruction).writes;
    for (const [store, load] of inPlace(instruction, buffers)) {
      const { place, dtype } = buffers[store];
      const isOwn = results.includes(load) && uses.get(load) === 1 && buffers[load].place === undefined;
      if (place?.kind === 'output' && isOwn && dtype === buffers[load].dtype) places.set(load, place);
    }
  }
  return places;
}

/** Pairs of stores and loads of equal elements, each in one pair at most: the store may write over what is loaded. */
function inPlace(instruction: Instruction, buffers: readonly Sized[]): [store: number, load: number][] {
  const loop = loopOf(instruction);
  if (!loop) return [];
  const product = kernelAccessOf(instruction);
  const taken = new Set<number>();
  const pairs: [number, number][] = [];
  const written = writtenBy(loop);
  // The product's own result first: nothing else needs its place.
  const isResult = ({ buffer }: Strided) => product.writes.includes(buffer);
  const loads = [...loop.loads.filter(isResult), ...loop.loads.filter((load) => !isResult(load))];
  for (const store of loop.stores) {
    if (written.filter((buffer) => buffer === store.buffer).length > 1) continue;
    const found = loads.find(
      (load) =>
        !taken.has(load.buffer) &&
        !product.reads.includes(load.buffer) &&
        loads.every((other) => other.buffer !== load.buffer || walksAlike(other, store)) &&
        buffers[load.buffer].size === buffers[store.buffer].size &&
        bytesOf(buffers[load.buffer]) === bytesOf(buffers[store.buffer]),
    );
    if (!found) continue;
    taken.add(found.buffer);
    pairs.push([store.buffer, found.buffer]);
  }
  return pairs;
}

function walksAlike(a: Strided, b: Strided): boolean {
  return a.offset === b.offset && a.strides.every((stride, axis) => stride === b.strides[axis]);
}

/** Large blocks first, each into the smallest gap that holds it for as long as it is alive. */
function pack(blocks: readonly Block[]): number {
  const sorted = [...blocks].sort((a, b) => b.lines - a.lines || a.first - b.first);
  // By their lines.
  const placed: Block[] = [];
  let total = 0;
  for (const block of sorted) {
    let [end, best, narrowest] = [0, -1, Number.POSITIVE_INFINITY];
    for (const other of placed) {
      if (other.first > block.last || block.first > other.last) continue;
      const gap = other.line - end;
      if (gap >= block.lines && gap < narrowest) [best, narrowest] = [end, gap];
      end = Math.max(end, other.line + other.lines);
    }
    block.line = best >= 0 ? best : end;
    total = Math.max(total, block.line + block.lines);
    const next = placed.findIndex(({ line }) => line > block.line);
    placed.splice(next < 0 ? placed.length : next, 0, block);
  }
  return total;
}

/** Buffers of the working memory, the largest first, with what they hold. */
export function largestBuffers(plan: Plan): { readonly bytes: number; readonly what: string }[] {
  const makers = new Map<number, string>();
  for (const instruction of plan.instructions) {
    const { kind } = instruction;
    for (const buffer of accessOf(instruction).writes) if (!makers.has(buffer)) makers.set(buffer, kind);
  }
  const shared = new Map<number, { bytes: number; what: string }>();
  plan.buffers.forEach((buffer, i) => {
    if (buffer.place.kind !== 'arena') return;
    const kind = makers.get(i) ?? 'elementwise';
    const what = `${buffer.size} numbers of ${kind === 'elementwise' ? 'an elementwise loop' : `a ${kind}`}`;
    const known = shared.get(buffer.place.line);
    // Of buffers that take turns at one place, the largest counts.
    if (!known || bytesOf(buffer) > known.bytes)
      shared.set(buffer.place.line, { bytes: bytesOf(buffer), what });
  });
  return [...shared.values()].sort((a, b) => b.bytes - a.bytes);
}
