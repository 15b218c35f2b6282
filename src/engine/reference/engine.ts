/**
 * The reference engine: programs interpreted node by node in float64. Slow and obviously right, it is what every other
 * engine is compared with.
 */
import {
  type Program,
  type Shape,
  type Tensor,
  type TensorData,
  topologicalOrder,
} from '../../tensor/index.js';
import type { Engine, Executable, Feeds, Fetches, RunOptions, Values, VariableStore } from '../engine.js';
import { requireFeed } from '../engine.js';
import { allocateValues, kernels, type StepContext } from './kernels.js';

class ReferenceStore implements VariableStore {
  readonly values = new Map<string, Values>();

  async read(names: Iterable<string>): Promise<Map<string, TensorData>> {
    return new Map(Array.from(names, (name) => [name, rounded(this.get(name))]));
  }

  async write(values: ReadonlyMap<string, Values>): Promise<void> {
    for (const [name, data] of values) {
      this.values.set(name, data instanceof Float32Array ? Float64Array.from(data) : data.slice());
    }
  }

  get(name: string): Values {
    const value = this.values.get(name);
    if (!value) throw new Error(`variable '${name}' has no value yet; write its initial value first`);
    return value;
  }
}

function rounded(values: Values): TensorData {
  return values instanceof Float64Array ? Float32Array.from(values) : values.slice();
}

export class ReferenceEngine implements Engine {
  readonly name = 'reference';
  readonly variables = new ReferenceStore();

  async compile(program: Program): Promise<Executable> {
    return {
      run: (feeds = {}, options = {}) => this.#run(program, feeds, options),
      dispose: async () => {},
    };
  }

  async dispose(): Promise<void> {}

  async #run(
    program: Program,
    feeds: Feeds,
    { steps = 1, firstStep = 0, seed = 0, signal }: RunOptions,
  ): Promise<Fetches> {
    const fetches: Record<string, Values> = {};
    for (const [name, { dtype, size }] of program.outputs)
      fetches[name] = allocateValues(dtype, size * steps);
    const before = new Map(this.variables.values);
    let rested = performance.now();
    for (let k = 0; k < steps; k++) {
      if (signal?.aborted) {
        this.variables.values.clear();
        for (const [name, value] of before) this.variables.values.set(name, value);
        signal.throwIfAborted();
      }
      const computed = interpret(program.nodes, {
        step: firstStep + k,
        seed,
        leaf: (node) => {
          if (node.is('variable')) return this.variables.get(node.attributes.name);
          return part(requireFeed(feeds, node.attributes.name, node.shape, steps), k, node);
        },
      });
      for (const [name, output] of program.outputs)
        fetches[name].set(valueOf(computed, output), k * output.size);
      if (!program.guard || valueOf(computed, program.guard)[0]) {
        for (const [variable, value] of program.updates) {
          this.variables.values.set(variable.name, valueOf(computed, value));
        }
      }
      // Timers, signals and messages of this thread get their turn between steps.
      if (performance.now() - rested > 50) {
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
    }
    return fetches;
  }
}

/** Step k of values stacked along a leading axis. */
function part(
  values: Values,
  k: number,
  { size, dtype }: { size: number; dtype: Tensor['dtype']; shape: Shape },
): Values {
  const slice = values.subarray(k * size, (k + 1) * size);
  return dtype === 'float32' ? Float64Array.from(slice) : slice.slice();
}

function valueOf(computed: ReadonlyMap<Tensor, Values>, node: Tensor): Values {
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
        node.inputs.map((x) => valueOf(computed, x)),
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
  return roots.map((root) => valueOf(computed, root));
}
