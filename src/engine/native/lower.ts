/**
 * Programs as plans: a graph without moves (build.ts), made cheaper (rewrite.ts), cut into loops and kernels (members.ts,
 * groups.ts), written as instructions (emit.ts), put in order (schedule.ts) and given memory (memory.ts).
 */
import { type Program, toData } from '../../tensor/index.js';
import { buildGraph } from './build.js';
import { type Buffers, emitLoop } from './emit.js';
import {
  type ConstantNode,
  denseRead,
  Graph,
  type GraphProgram,
  isWhole,
  type KernelNode,
  type LineNode,
  type Node,
  type Read,
  type ReduceNode,
} from './graph.js';
import { type Group, type Grouping, groupSteps, type Unit } from './groups.js';
import { copyOf, MAX_RANK } from './lines.js';
import { type Destination, isComputedWhole, type Steps, stepsOf } from './members.js';
import { accessOf, bytesOf, linesOf, madeInOutputs, placeBuffers } from './memory.js';
import {
  type Buffer,
  type Instruction,
  LINE,
  type Matrix,
  type Place,
  type Plan,
  type Port,
  type Reduce,
} from './plan.js';
import { axesOf } from './reductions.js';
import { rewriteGraph } from './rewrite.js';
import { schedule } from './schedule.js';
import { stridesOver } from './views.js';

export interface LoweringOptions {
  /** Numbers of an operand from which on convolutions make it as they read it: smaller ones stay in a cache. @default 2^20 */
  readonly leastMade?: number;
}

export function lowerProgram(program: Program, { leastMade = 2 ** 20 }: LoweringOptions = {}): Plan {
  const graph = new Graph();
  const simplified = normalised(rewriteGraph(buildGraph(program, graph), graph), graph);
  const steps = stepsOf(simplified, leastMade);
  return new Planner(program, simplified, steps, groupSteps(simplified, steps)).plan();
}

/** New values of variables are lines; everything else that is left behind is whole or a walk that a loop can make. */
function normalised({ outputs, updates, guard }: GraphProgram, graph: Graph): GraphProgram {
  const asLine = (read: Read): Read => {
    if (read.source.kind === 'line' && isWhole(read)) return read;
    const copy = copyOf(graph, read);
    return copy.source.kind === 'line'
      ? copy
      : denseRead(graph.line('copy', copy.source.dtype, copy.source.size, [copy]));
  };
  return {
    outputs: outputs.map(({ name, read }) => {
      return { name, read: read.walk.axes.length > MAX_RANK ? copyOf(graph, read) : read };
    }),
    updates: updates
      .filter(({ variable, read }) => read.source !== variable || !isWhole(read))
      .map(({ variable, read }) => ({ variable, read: asLine(read) })),
    guard: guard && (isComputedWhole(guard) ? guard : copyOf(graph, guard)),
  };
}

class Planner {
  readonly #buffers: { dtype: Buffer['dtype']; size: number; place: Place | undefined }[] = [];
  readonly #indices = new Map<string, number>();
  readonly #constants: { readonly node: ConstantNode; readonly line: number }[] = [];
  #constantLines = 0;
  readonly #stored: ReadonlySet<Node>;
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #variables: readonly Port[];

  constructor(
    program: Program,
    readonly graph: GraphProgram,
    readonly steps: Steps,
    readonly grouping: Grouping,
  ) {
    this.#inputs = portsOf(program.inputs);
    this.#outputs = portsOf(program.outputs);
    this.#variables = portsOf(program.variables);
    this.#stored = storedLines(grouping, steps, graph.guard);
  }

  plan(): Plan {
    const { units, order } = this.grouping;
    const present = units.flatMap((unit, index) => (unit ? [{ unit, index }] : []));
    const made = present.map(({ unit }) => this.#instruction(unit));
    const positions = new Map(present.map(({ index }, i) => [index, i]));
    const accesses = made.map(accessOf);
    const isArena = (buffer: number) => this.#buffers[buffer].place === undefined;
    const scheduled = schedule(
      accesses.map(({ reads, writes }, i) => ({
        needs: new Set(Array.from(order.needsOf(present[i].index), (need) => positions.get(need) ?? -1)),
        reads: reads.filter(isArena),
        writes: writes.filter(isArena),
      })),
      (buffer) => bytesOf(this.#buffers[buffer]),
    );
    const instructions = scheduled.map((i) => made[i]);
    for (const [buffer, place] of madeInOutputs(instructions, this.#buffers)) {
      this.#buffers[buffer].place = place;
    }
    const { lineOf, lines } = placeBuffers(instructions, this.#buffers, isArena);
    const written = new Set(this.graph.updates.map(({ variable }) => variable.name));
    return {
      buffers: this.#buffers.map(({ dtype, size, place }, i) => {
        return { place: place ?? { kind: 'arena', line: lineOf(i) }, dtype, size };
      }),
      instructions,
      arenaLines: lines,
      constants: this.#constantBytes(),
      inputs: this.#inputs,
      outputs: this.#outputs,
      variables: this.#variables.map((each) => ({ ...each, written: written.has(each.name) })),
    };
  }

  // Buffers.

  #buffer(key: string, dtype: Buffer['dtype'], size: number, place: () => Place | undefined): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#buffers.push({ dtype, size, place: place() });
    this.#indices.set(key, this.#buffers.length - 1);
    return this.#buffers.length - 1;
  }

  #port(kind: 'input' | 'output' | 'variable', name: string): number {
    const ports = { input: this.#inputs, output: this.#outputs, variable: this.#variables }[kind];
    const index = ports.findIndex((port) => port.name === name);
    const { dtype, size } = ports[index];
    return this.#buffer(`${kind} ${index}`, dtype, size, () => ({ kind, index }));
  }

  readonly #where: Buffers = {
    ofNode: (node) => {
      if (node.kind === 'input' || node.kind === 'variable') return this.#port(node.kind, node.name);
      if (node.kind === 'constant') {
        return this.#buffer(`node ${node.id}`, node.dtype, node.size, () => this.#constantPlace(node));
      }
      const home = this.grouping.homes.get(node);
      if (home) return this.#where.ofDestination(home);
      return this.#buffer(`node ${node.id}`, node.dtype, node.size, () =>
        this.steps.isMade(node) ? { kind: 'nowhere' } : undefined,
      );
    },
    ofDestination: (destination: Destination) =>
      destination.kind === 'output'
        ? this.#port('output', destination.name)
        : this.#port('variable', destination.variable.name),
  };

  #constantPlace(node: ConstantNode): Place {
    const line = this.#constantLines;
    this.#constants.push({ node, line });
    this.#constantLines += linesOf(node);
    return { kind: 'constant', line };
  }

  #constantBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#constantLines * LINE);
    for (const { node, line } of this.#constants) {
      const data = toData(node.dtype, node.data);
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), line * LINE);
    }
    return bytes;
  }

  // Instructions.

  #instruction({ kernel, group, isGuard }: Unit): Instruction {
    if (isGuard && this.graph.guard) {
      return { kind: 'guard', condition: this.#where.ofNode(this.graph.guard.source) };
    }
    if (kernel?.kind === 'reduce') return this.#reduce(kernel);
    if (kernel) return this.#kernel(kernel, group);
    if (!group) throw new Error('native: a unit without work');
    return this.#loneReduction(group) ?? this.#loop(group);
  }

  #loop({ members, nodes, size, columns }: Group) {
    const around = {
      isInline: this.steps.isInline,
      isMember: (node: Node) => nodes.has(node),
      isStored: (node: Node) => this.#stored.has(node),
    };
    return emitLoop(members, size, columns, around, this.#where);
  }

  /** What makes an operand of a convolution. */
  #making(node: LineNode) {
    const isIt = (other: Node) => other === node;
    const around = { isInline: this.steps.isInline, isMember: isIt, isStored: isIt };
    const { size, reads } = node;
    return emitLoop([{ kind: 'line', node, size, reads }], size, undefined, around, this.#where);
  }

  /** A reduction of what is stored has an instruction of its own. */
  #loneReduction({ members }: Group): Reduce | undefined {
    const [only] = members;
    if (members.length > 1 || only.kind !== 'reduce') return undefined;
    const [{ source, walk }] = only.reads;
    const isStored = !this.steps.isInline(source) && axesOf(walk, only.node.segments) !== undefined;
    return isStored ? this.#reduce(only.node) : undefined;
  }

  #reduce(node: ReduceNode): Reduce {
    const { op, segments, reads } = node;
    const [{ source, walk }] = reads;
    const axes = axesOf(walk, segments) ?? [];
    const kept = axes.filter(({ isReduced }) => !isReduced);
    const reduced = axes.filter(({ isReduced }) => isReduced);
    return {
      kind: 'reduce',
      op,
      kept: kept.map(({ length }) => length),
      reduced: reduced.map(({ length }) => length),
      x: {
        buffer: this.#where.ofNode(source),
        offset: walk.offset,
        strides: [...kept, ...reduced].map(({ stride }) => stride),
      },
      result: this.#where.ofNode(node),
    };
  }

  #kernel(node: KernelNode, group: Group | undefined): Instruction {
    const [x, y] = node.reads.map(({ source }) => this.#where.ofNode(source));
    const result = this.#where.ofNode(node);
    // biome-ignore lint/suspicious/noThenProperty: the plan's word, and nobody awaits an instruction
    const then = group && { then: this.#loop(group) };
    const { work } = node;
    switch (work.kind) {
      case 'matmul': {
        const { batch, m, n, k } = work;
        const [a, b] = node.reads;
        return {
          ...work,
          a: matrixOf(a, x, [batch, m, k]),
          b: matrixOf(b, y, [batch, k, n]),
          c: result,
          ...then,
        };
      }
      case 'conv':
      case 'convInputGrad':
      case 'convFilterGrad': {
        const made = node.reads.map(({ source }) => source).find(this.steps.isMade);
        const first = made && { first: this.#making(made) };
        return { ...work, left: x, right: y, result, ...first, ...then };
      }
      case 'gather':
      case 'scatterAdd':
        return { ...work, x, indices: y, result };
      case 'cumsum':
      case 'argMax':
      case 'topK':
      case 'assignment':
        return { ...work, x, result };
      case 'random':
        return { ...work, result };
    }
  }
}

function portsOf(tensors: ReadonlyMap<string, Omit<Port, 'name'>>): Port[] {
  return Array.from(tensors, ([name, { dtype, size }]) => ({ name, dtype, size }));
}

function matrixOf({ walk }: Read, buffer: number, shape: readonly number[]): Matrix {
  const [batchStride, rowStride, columnStride] = stridesOver(walk, shape) ?? [];
  return { buffer, offset: walk.offset, batchStride, rowStride, columnStride };
}

/** Lines whose result something reads that does not have it in a register. */
function storedLines({ units, homes }: Grouping, steps: Steps, guard: Read | undefined): Set<Node> {
  const stored = new Set<Node>(homes.keys());
  if (guard) stored.add(guard.source);
  for (const unit of units) {
    if (unit?.kernel) for (const { source } of steps.readsOf(unit.kernel)) stored.add(source);
    for (const read of unit?.group?.reads.values() ?? []) {
      if (!unit?.group?.nodes.has(read.source) || !isWhole(read)) stored.add(read.source);
    }
  }
  return stored;
}
