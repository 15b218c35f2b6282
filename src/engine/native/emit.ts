/** Writes the members of a loop as elementwise code. */
import type { DType } from '../../tensor/index.js';
import { isWhole, type Node, numberOf, type Read, readKey } from './graph.js';
import { composed, type Destination, type Member } from './members.js';
import type { CodeLine, CodeOp, Elementwise, Reduction, RegisterKind, Strided } from './plan.js';
import { assignSlots } from './slots.js';
import { breaksOf, denseWalk, mergeBreaks, shapeOf, stridesOver, type Walk, walkKey } from './views.js';

/** What the code must know of the values around it. */
export interface Surroundings {
  /** Whether a line is computed wherever it is wanted. */
  isInline(node: Node): boolean;
  /** Whether a line is a member of this loop. */
  isMember(node: Node): boolean;
  /** Whether anything outside of the loop wants the result of a member. */
  isStored(node: Node): boolean;
}

/** Where values are: buffers of the plan. */
export interface Buffers {
  ofNode(node: Node): number;
  ofDestination(destination: Destination): number;
}

interface Line {
  op: CodeOp;
  inputs: Value[];
  immediate: number;
}

type Value =
  | { readonly kind: 'load'; readonly read: Read }
  | { readonly kind: 'constant'; readonly register: RegisterKind; readonly value: number }
  | { readonly kind: 'line'; readonly line: Line };

interface Store {
  readonly value: Value;
  readonly target: { readonly node: Node } | { readonly destination: Destination };
  readonly walk: Walk;
}

interface Reduced {
  readonly value: Value;
  readonly member: Extract<Member, { kind: 'reduce' }>;
}

/** The code of a loop before its buffers are known. */
interface Code {
  readonly lines: readonly Line[];
  readonly stores: readonly Store[];
  readonly reduced: readonly Reduced[];
}

function registerKind(dtype: DType): RegisterKind {
  if (dtype === 'float32') return 'float';
  return dtype === 'bool' ? 'mask' : 'int';
}

export function emitLoop(
  members: readonly Member[],
  size: number,
  columns: number | undefined,
  around: Surroundings,
  buffers: Buffers,
): Elementwise {
  const { lines, stores, reduced } = codeOf(members, around);
  const { loads, constants, registerOf } = numbered(lines, [...stores, ...reduced]);
  const walks = [...loads.map(({ walk }) => walk), ...stores.map(({ walk }) => walk)];
  const breaks = walks.reduce<readonly number[]>((all, walk) => mergeBreaks(all, breaksOf(walk)) ?? all, []);
  const shape = shapeOf(size, breaks);
  const strided = (buffer: number, walk: Walk): Strided => {
    const strides = stridesOver(walk, shape);
    if (!strides) throw new Error(`native: ${walkKey(walk)} does not walk through [${shape}]`);
    return { buffer, offset: walk.offset, strides };
  };
  return {
    kind: 'elementwise',
    shape,
    loads: loads.map(({ source, walk }) => strided(buffers.ofNode(source), walk)),
    constants,
    code: lines.map(({ op, inputs, immediate }): CodeLine => {
      const registers = inputs.map(registerOf);
      return immediate === 0 ? { op, inputs: registers } : { op, inputs: registers, immediate };
    }),
    stores: stores.map(({ value, target, walk }) => {
      const buffer =
        'node' in target ? buffers.ofNode(target.node) : buffers.ofDestination(target.destination);
      return { ...strided(buffer, walk), register: registerOf(value) };
    }),
    reductions: reduced.map(({ value, member }): Reduction => {
      const { node, keep } = member;
      return { register: registerOf(value), op: node.op, keep, buffer: buffers.ofNode(node) };
    }),
    columns: columns ?? size,
  };
}

/** Slots that a loop takes in the engine. */
export function slotsOf(members: readonly Member[], around: Surroundings): number {
  const { lines, stores, reduced } = codeOf(members, around);
  const needed = [...stores, ...reduced];
  const { loads, constants, registerOf } = numbered(lines, needed);
  return assignSlots(
    loads.length + constants.length,
    lines.map(({ inputs }) => inputs.map(registerOf)),
    needed.map(({ value }) => registerOf(value)),
  ).count;
}

function codeOf(members: readonly Member[], around: Surroundings): Code {
  const values = new Map<string, Value>();
  const lines: Line[] = [];
  const once = (key: string, make: () => Value): Value => {
    const known = values.get(key);
    if (known) return known;
    const made = make();
    values.set(key, made);
    return made;
  };
  const valueAt = (read: Read): Value => {
    const { source, walk } = read;
    const number = numberOf(read);
    if (number !== undefined) {
      const register = registerKind(source.dtype);
      const key = `${register} ${Object.is(number, -0) ? '-0' : number}`;
      return once(key, () => ({ kind: 'constant', register, value: number }));
    }
    return once(readKey(read), () => {
      const isHere =
        source.kind === 'line' && ((around.isMember(source) && isWhole(read)) || around.isInline(source));
      if (!isHere) return { kind: 'load', read };
      const inputs = source.reads.map((inner) =>
        valueAt({ source: inner.source, walk: composed(walk, inner) }),
      );
      if (source.op === 'copy') return inputs[0];
      const line = { op: source.op, inputs, immediate: source.immediate };
      lines.push(line);
      return { kind: 'line', line };
    });
  };
  const stores: Store[] = [];
  const reduced: Reduced[] = [];
  for (const member of members) {
    if (member.kind === 'line') {
      const { node } = member;
      const walk = denseWalk(node.size);
      const value = valueAt({ source: node, walk });
      if (around.isStored(node)) stores.push({ value, target: { node }, walk });
    } else if (member.kind === 'reduce') {
      reduced.push({ value: valueAt(member.reads[0]), member });
    } else if (member.kind === 'place') {
      const { node, walk, isFill } = member;
      const filling = {
        kind: 'constant',
        register: registerKind(node.dtype),
        value: node.fill ?? 0,
      } as const;
      const value = isFill ? once(`filling ${node.id}`, () => filling) : valueAt(member.reads[0]);
      stores.push({ value, target: { node }, walk });
    } else {
      const { destination, reads } = member;
      stores.push({ value: valueAt(reads[0]), target: { destination }, walk: denseWalk(member.size) });
    }
  }
  const needed = [...stores, ...reduced].map(({ value }) => value);
  return { lines: withoutDead(contracted(withoutDead(lines, needed), needed), needed), stores, reduced };
}

/** Pairs of lines that are one: a·b + c, max(a + b, c), a choice by sign, −a + b. Nothing else may want the first of the two. */
function contracted(lines: Line[], needed: readonly Value[]): Line[] {
  const uses = new Map<Line, number>();
  const use = (value: Value) => {
    if (value.kind === 'line') uses.set(value.line, (uses.get(value.line) ?? 0) + 1);
  };
  for (const { inputs } of lines) inputs.forEach(use);
  needed.forEach(use);
  const only = (value: Value, op: CodeOp): Line | undefined => {
    if (value.kind !== 'line' || value.line.op !== op) return undefined;
    return uses.get(value.line) === 1 ? value.line : undefined;
  };
  for (const line of lines) {
    if (line.op === 'add' || line.op === 'sub') {
      const [a, b] = line.inputs;
      const [left, right] = [only(a, 'neg'), only(b, 'neg')];
      if (right) Object.assign(line, { op: line.op === 'add' ? 'sub' : 'add', inputs: [a, right.inputs[0]] });
      else if (left && line.op === 'add') Object.assign(line, { op: 'sub', inputs: [b, left.inputs[0]] });
    }
    const [a, b] = line.inputs;
    if (line.op === 'add') {
      const product = only(a, 'mul');
      const other = product ?? only(b, 'mul');
      if (other) Object.assign(line, { op: 'mulAdd', inputs: [...other.inputs, product ? b : a] });
    } else if (line.op === 'sub') {
      const product = only(a, 'mul');
      const other = product ?? only(b, 'mul');
      if (product) Object.assign(line, { op: 'mulSub', inputs: [...product.inputs, b] });
      else if (other) Object.assign(line, { op: 'negMulAdd', inputs: [...other.inputs, a] });
    } else if (line.op === 'max') {
      const sum = only(a, 'add');
      const other = sum ?? only(b, 'add');
      if (other) Object.assign(line, { op: 'addMax', inputs: [...other.inputs, sum ? b : a] });
    } else if (line.op === 'where') {
      const [low, x] = only(a, 'less')?.inputs ?? [];
      if (x && low?.kind === 'constant' && low.value === 0)
        Object.assign(line, { op: 'wherePositive', inputs: [x, ...line.inputs.slice(1)] });
    }
  }
  return lines;
}

function withoutDead(lines: Line[], needed: readonly Value[]): Line[] {
  const alive = new Set<Line>();
  const keep = (value: Value) => {
    if (value.kind === 'line') alive.add(value.line);
  };
  needed.forEach(keep);
  for (let i = lines.length - 1; i >= 0; i--) if (alive.has(lines[i])) lines[i].inputs.forEach(keep);
  return lines.filter((line) => alive.has(line));
}

/** Registers: loads, constants, then lines, each kind in the order in which it is first wanted. */
function numbered(lines: readonly Line[], needed: readonly { readonly value: Value }[]) {
  const loads: Read[] = [];
  const constants: { kind: RegisterKind; value: number }[] = [];
  const loadOf = new Map<Value, number>();
  const constantOf = new Map<Value, number>();
  const meet = (value: Value) => {
    if (value.kind === 'load' && !loadOf.has(value)) loadOf.set(value, loads.push(value.read) - 1);
    if (value.kind === 'constant' && !constantOf.has(value)) {
      constantOf.set(value, constants.push({ kind: value.register, value: value.value }) - 1);
    }
  };
  for (const { inputs } of lines) inputs.forEach(meet);
  for (const { value } of needed) meet(value);
  const lineOf = new Map(lines.map((line, i) => [line, i]));
  const registerOf = (value: Value): number => {
    if (value.kind === 'load') return loadOf.get(value) ?? -1;
    if (value.kind === 'constant') return loads.length + (constantOf.get(value) ?? -1);
    return loads.length + constants.length + (lineOf.get(value.line) ?? -1);
  };
  return { loads, constants, registerOf };
}
