/**
 * A program as one ONNX model.
 *
 * A program that updates variables becomes a `Loop`: its carried state is the variables, and each turn is one step
 * over its slice of the stacked inputs. Copying the state in and out of a session then costs once per call, not once
 * per step. A program without updates is a plain graph for one step.
 *
 * Random numbers are inputs: ONNX Runtime's own generators differ between builds.
 */
import type { DType, Program, Shape, Tensor, Variable } from '../../tensor/index.js';
import { GraphBuilder } from './builder.js';
import { type Lowered, lower } from './lower.js';
import { encodeModel, type OnnxGraph, type OnnxValue } from './proto.js';

export interface Slot {
  /** Name in the model. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** What a runner needs to know of a model; plain data that can be sent to a worker. */
export interface Manifest {
  /** Whether the model loops over steps: `steps` and `firstStep` are inputs and everything else is stacked. */
  readonly loops: boolean;
  readonly readsStep: boolean;
  /** By input name. */
  readonly inputs: Readonly<Record<string, Slot>>;
  readonly outputs: Readonly<Record<string, Slot>>;
  /** By variable name. Carried state comes back under `updatedName`. */
  readonly variables: Readonly<Record<string, Slot & { readonly updated: boolean }>>;
  readonly random: readonly (Slot & {
    readonly stream: string;
    readonly distribution: 'normal' | 'uniform';
  })[];
  /** Name of the output that tells whether a step's updates count. */
  readonly guard?: string;
}

export interface CompiledModel {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

export const STEPS = 'steps';
export const FIRST_STEP = 'firstStep';
/** Name of the session output that holds a variable's new value. */
export const updatedName = (slot: Slot) => `updated:${slot.name}`;

const slotOf = (node: Tensor): Slot => ({ name: slotName(node), dtype: node.dtype, shape: node.shape });

function describe(program: Program): Manifest {
  const entries = <T>(map: ReadonlyMap<string, Tensor>, f: (name: string, tensor: Tensor) => T) =>
    Object.fromEntries(Array.from(map, ([name, tensor]) => [name, f(name, tensor)]));
  const guard = program.guard && { guard: 'guard' };
  return {
    loops: program.updates.size > 0,
    readsStep: program.nodes.some((node) => node.is('step')),
    inputs: entries(program.inputs, (_, node) => slotOf(node)),
    outputs: entries(program.outputs, (name, { dtype, shape }) => ({ name: `output:${name}`, dtype, shape })),
    variables: entries(program.variables, (_, node) => ({
      ...slotOf(node),
      updated: program.updates.has(node as Variable),
    })),
    random: program.random.map((node) => {
      const { stream, distribution } = node.attributes;
      return { ...slotOf(node), stream, distribution };
    }),
    ...guard,
  };
}

/** Names of the values that the surrounding model provides to the graph of one step. */
export type LeafNames = (node: Tensor) => string;

function slotName(node: Tensor): string {
  if (node.is('input')) return `input:${node.attributes.name}`;
  if (node.is('random')) return `random:${node.attributes.stream}`;
  if (node.is('variable')) return `variable:${node.attributes.name}`;
  return FIRST_STEP;
}

/** Emits what the roots need, each node once and after what it reads, and gives every root's name. */
export function emitAll(program: Program, b: GraphBuilder, leaf: LeafNames): (tensor: Tensor) => string {
  const roots = rootsOf(program);
  const counts = new Map<Tensor, number>();
  const count = (node: Tensor) => counts.set(node, (counts.get(node) ?? 0) + 1);
  for (const node of program.nodes) node.inputs.forEach(count);
  roots.forEach(count);
  const surroundings = { uses: (node: Tensor) => counts.get(node) ?? 0, leaf };
  const wanted = new Map<Tensor, Lowered>();
  const needed = new Set<Tensor>(roots);
  for (const node of [...program.nodes].reverse()) {
    if (!needed.has(node)) continue;
    const lowered = lower(node, surroundings);
    for (const input of lowered.inputs) needed.add(input);
    wanted.set(node, lowered);
  }
  const names = new Map<Tensor, string>();
  const nameOf = (node: Tensor) => {
    const name = names.get(node);
    if (name === undefined) throw new Error(`onnx: ${node} is read before it is emitted`);
    return name;
  };
  for (const node of program.nodes) {
    const lowered = wanted.get(node);
    if (lowered) names.set(node, lowered.emit(lowered.inputs.map(nameOf), b));
  }
  return nameOf;
}

const value = ({ name, dtype, shape }: Slot): OnnxValue => ({ name, type: dtype, shape });

function rootsOf(program: Program): Tensor[] {
  return [
    ...program.outputs.values(),
    ...program.updates.values(),
    ...(program.guard ? [program.guard] : []),
  ];
}

/** One step without updates. */
function plainGraph(program: Program, manifest: Manifest): OnnxGraph {
  const b = new GraphBuilder();
  const inputs: OnnxValue[] = [
    ...Object.values(manifest.variables),
    ...Object.values(manifest.inputs),
    ...manifest.random,
  ].map(value);
  if (manifest.readsStep) inputs.push({ name: FIRST_STEP, type: 'int32', shape: [] });
  const nameOf = emitAll(program, b, slotName);
  for (const [name, tensor] of program.outputs) b.rename(nameOf(tensor), manifest.outputs[name].name);
  const outputs = Object.values(manifest.outputs).map(value);
  return { name: 'program', nodes: b.nodes, initializers: b.initializers, inputs, outputs };
}

/** K steps in a Loop. */
function loopGraph(program: Program, manifest: Manifest): OnnxGraph {
  const outer = new GraphBuilder();
  const variables = Object.values(manifest.variables);
  const carried = Array.from(program.updates.keys(), (variable) => manifest.variables[variable.name]);
  const body = bodyGraph(program, manifest, carried);
  const stacked = (s: Slot): OnnxValue => ({ ...value(s), shape: [STEPS, ...s.shape] });
  const inputs: OnnxValue[] = [
    { name: STEPS, type: 'int64', shape: [] },
    ...(manifest.readsStep ? [{ name: FIRST_STEP, type: 'int32' as const, shape: [] }] : []),
    ...variables.map(value),
    ...Object.values(manifest.inputs).map(stacked),
    ...manifest.random.map(stacked),
  ];
  const scanned = [
    ...Object.values(manifest.outputs),
    ...(manifest.guard ? [guardSlot(manifest.guard)] : []),
  ];
  const keepGoing = outer.constant('bool', [], Uint8Array.of(1));
  outer.nodes.push({
    op: 'Loop',
    inputs: [STEPS, keepGoing, ...carried.map((s) => s.name)],
    outputs: [...carried.map(updatedName), ...scanned.map((s) => s.name)],
    attributes: { body },
  });
  const outputs = [...carried.map((s) => ({ ...value(s), name: updatedName(s) })), ...scanned.map(stacked)];
  return { name: 'program', nodes: outer.nodes, initializers: outer.initializers, inputs, outputs };
}

const guardSlot = (name: string): Slot => ({ name, dtype: 'bool', shape: [] });

function bodyGraph(program: Program, manifest: Manifest, carried: readonly Slot[]): OnnxGraph {
  const b = new GraphBuilder({ prefix: 'step/' });
  const iteration = 'iteration';
  // The step's own slice of what is stacked, and the step's own state; the rest is read from the outer graph.
  const now = (name: string) => `now:${name}`;
  for (const { name } of [...Object.values(manifest.inputs), ...manifest.random]) {
    b.nodes.push({ op: 'Gather', inputs: [name, iteration], outputs: [now(name)], attributes: { axis: 0 } });
  }
  if (manifest.readsStep) {
    const turn = b.node('Cast', [iteration], { to: 6 });
    b.nodes.push({ op: 'Add', inputs: [FIRST_STEP, turn], outputs: [now(FIRST_STEP)], attributes: {} });
  }
  const constantState = new Set(
    Object.values(manifest.variables)
      .filter((s) => !s.updated)
      .map((s) => s.name),
  );
  const nameOf = emitAll(program, b, (node) => {
    const name = slotName(node);
    return constantState.has(name) ? name : now(name);
  });
  // A value that is computed here is handed on under its own name; a second name for it would be a copy.
  const free = new Set(b.nodes.flatMap((node) => node.outputs));
  const result = (tensor: Tensor, s: Slot): OnnxValue => {
    const name = nameOf(tensor);
    if (free.delete(name)) return value({ ...s, name });
    const next = `next:${s.name}`;
    b.rename(name, next);
    return value({ ...s, name: next });
  };
  const states = Array.from(program.updates.values(), (tensor, i) => result(tensor, carried[i]));
  const scanned = Array.from(program.outputs, ([name, tensor]) => result(tensor, manifest.outputs[name]));
  if (program.guard && manifest.guard) scanned.push(result(program.guard, guardSlot(manifest.guard)));
  b.rename('continue', 'next:continue');
  const bool = (name: string): OnnxValue => ({ name, type: 'bool', shape: [] });
  return {
    name: 'step',
    nodes: b.nodes,
    initializers: b.initializers,
    inputs: [
      { name: iteration, type: 'int64', shape: [] },
      bool('continue'),
      ...carried.map((s) => value({ ...s, name: now(s.name) })),
    ],
    outputs: [bool('next:continue'), ...states, ...scanned],
  };
}

export function buildModel(program: Program): { graph: OnnxGraph; manifest: Manifest } {
  const manifest = describe(program);
  return { graph: manifest.loops ? loopGraph(program, manifest) : plainGraph(program, manifest), manifest };
}

export function compileModel(program: Program): CompiledModel {
  const { graph, manifest } = buildModel(program);
  return { bytes: encodeModel({ graph }), manifest };
}
