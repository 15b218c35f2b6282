/**
 * The reference engine: programs interpreted node by node in float64. Slow and obviously right, it is what every other
 * engine is compared with.
 */
import { type Program, type Tensor, type TensorData, topologicalOrder } from '../../tensor/index.js';
import {
  type Engine,
  type Executable,
  type Feeds,
  type Fetches,
  type RunOptions,
  requireFeed,
  requireRunOptions,
  requireVariable,
  type Values,
  type VariableStore,
} from '../engine.js';
import { Turns } from '../turns.js';
import { allocateValues, kernels, type StepContext } from './kernels.js';

function rounded(values: Values): TensorData {
  return values instanceof Float64Array ? Float32Array.from(values) : values.slice();
}

export class ReferenceEngine implements Engine {
  readonly name = 'reference';
  readonly #turns = new Turns();
  #state: ReadonlyMap<string, Values> = new Map();

  readonly variables: VariableStore = {
    read: (names) => {
      const read = (name: string) => [name, rounded(requireVariable(this.#state.get(name), name))] as const;
      return this.#turns.take(() => new Map(Array.from(names, read)));
    },
    write: (values) => {
      const held = (data: Values) => (data instanceof Float32Array ? Float64Array.from(data) : data.slice());
      return this.#turns.take(() => {
        const written = Array.from(values, ([name, data]) => [name, held(data)] as const);
        this.#state = new Map([...this.#state, ...written]);
      });
    },
  };

  compile(program: Program): Promise<Executable> {
    let disposed = false;
    const executable: Executable = {
      run: (feeds = {}, options = {}) =>
        this.#turns.take(() => {
          if (disposed) throw new Error('run: this executable has been disposed of');
          return this.#run(program, feeds, options);
        }),
      dispose: async () => {
        disposed = true;
      },
    };
    return this.#turns.take(() => executable);
  }

  dispose(): Promise<void> {
    return this.#turns.close(() => {});
  }

  async #run(program: Program, feeds: Feeds, { signal, ...options }: RunOptions): Promise<Fetches> {
    const { steps, firstStep, seed } = requireRunOptions(options);
    for (const [name, { shape }] of program.inputs) requireFeed(feeds, name, shape, steps);
    for (const [name, { shape }] of program.variables) requireVariable(this.#state.get(name), name, shape);
    const fetches: Record<string, Values> = {};
    for (const [name, { dtype, size }] of program.outputs)
      fetches[name] = allocateValues(dtype, size * steps);
    // A run that fails or is abandoned leaves the engine's own state as it was.
    const state = new Map(this.#state);
    let rested = performance.now();
    for (let k = 0; k < steps; k++) {
      signal?.throwIfAborted();
      const computed = interpret(program.nodes, {
        step: firstStep + k,
        seed,
        leaf: (node) => {
          const { name } = node.attributes;
          if (node.is('variable')) return requireVariable(state.get(name), name);
          return part(requireFeed(feeds, name, node.shape, steps), k, node);
        },
      });
      for (const [name, output] of program.outputs)
        fetches[name].set(computedValue(computed, output), k * output.size);
      if (!program.guard || computedValue(computed, program.guard)[0]) {
        for (const [variable, value] of program.updates)
          state.set(variable.name, computedValue(computed, value));
      }
      // Timers, signals and messages of this thread get their turn between steps.
      if (performance.now() - rested > 50) {
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
    }
    this.#state = state;
    return fetches;
  }
}

/** Step k of values stacked along a leading axis. */
function part(values: Values, k: number, { size, dtype }: Tensor<'input'>): Values {
  const slice = values.subarray(k * size, (k + 1) * size);
  return dtype === 'float32' ? Float64Array.from(slice) : slice.slice();
}

function computedValue(computed: ReadonlyMap<Tensor, Values>, node: Tensor): Values {
  const value = computed.get(node);
  if (!value) throw new Error(`reference: ${node} was not computed`);
  return value;
}

function interpret(nodes: readonly Tensor[], context: StepContext): Map<Tensor, Values> {
  const computed = new Map<Tensor, Values>();
  for (const node of nodes) {
    const kernel = kernels[node.op] as (
      node: Tensor,
      inputs: readonly Values[],
      context: StepContext,
    ) => Values;
    computed.set(
      node,
      kernel(
        node,
        node.inputs.map((x) => computedValue(computed, x)),
        context,
      ),
    );
  }
  return computed;
}

/** Values of tensors, right here: inputs are fed by name, and a variable has the value it is given by name. */
export function evaluate(
  roots: readonly Tensor[],
  { values = {}, seed = 0, step = 0 }: { values?: Feeds; seed?: number; step?: number } = {},
): Values[] {
  const leaf = (node: Tensor<'input'> | Tensor<'variable'>) =>
    requireFeed(values, node.attributes.name, node.shape, 1);
  const computed = interpret(topologicalOrder(roots), { seed, step, leaf });
  return roots.map((root) => computedValue(computed, root));
}
