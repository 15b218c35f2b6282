/**
 * The native engine: it lowers programs to plans (see plan.ts) and has a runner execute them, which is the compiled
 * engine or its twin in TypeScript.
 */
import { type Program, type TensorData, toData } from '../../tensor/index.js';
import {
  type Engine,
  type Executable,
  type Feeds,
  type Fetches,
  type RunOptions,
  requireFeed,
  requireRunOptions,
  requireVariable,
  type VariableStore,
} from '../engine.js';
import { Turns } from '../turns.js';
import { type LoweringOptions, lowerProgram } from './lower.js';
import type { Plan } from './plan.js';
import type { LoadedPlan, PlanRunner } from './runner.js';

export class NativeEngine<Runner extends PlanRunner = PlanRunner> implements Engine {
  readonly name = 'native';
  readonly #turns = new Turns();
  /** Counts writes, so that runs look at their variables again only after one. */
  #writes = 0;

  constructor(
    readonly runner: Runner,
    readonly lowering: LoweringOptions = {},
  ) {}

  readonly variables: VariableStore = {
    read: (names) => {
      const list = [...names];
      return this.#turns.take(() => this.runner.read(list));
    },
    write: (values) =>
      this.#turns.take(() => {
        this.runner.write(values);
        this.#writes++;
      }),
  };

  async compile(program: Program): Promise<Executable> {
    const { plan, loaded } = await this.#turns.take(() => {
      const lowered = lowerProgram(program, this.lowering);
      return { plan: lowered, loaded: this.runner.load(lowered) };
    });
    let isDisposed = false;
    let checkedWrites = -1;
    return {
      run: (feeds: Feeds = {}, { signal, into, ...options }: RunOptions = {}) =>
        this.#turns.take(() => {
          if (isDisposed) throw new Error('run: this executable has been disposed of');
          signal?.throwIfAborted();
          const checked = requireRunOptions(options);
          for (const [name, { shape }] of program.inputs) requireFeed(feeds, name, shape, checked.steps);
          if (checkedWrites !== this.#writes) this.#prepareVariables(program);
          checkedWrites = this.#writes;
          const data = plan.inputs.map(({ name, dtype }) => toData(dtype, feeds[name]));
          const used = into && plan.outputs.map(({ name }) => into[name]);
          return fetch(plan, loaded.run(data, checked, signal, used));
        }),
      dispose: async () => {
        if (isDisposed || this.#turns.closed) return;
        await this.#turns.take(() => {
          if (!isDisposed) loaded.release();
          isDisposed = true;
        });
      },
    };
  }

  dispose(): Promise<void> {
    return this.#turns.close(() => this.runner.close());
  }

  /** Variables have the lengths that the program wants, and get the types. */
  #prepareVariables(program: Program): void {
    for (const [name, { shape, dtype }] of program.variables) {
      const held = requireVariable(this.runner.held(name), name, shape);
      if (held.dtype === (dtype === 'bool' ? 'uint8' : dtype)) continue;
      const values = toData(dtype, requireVariable(this.runner.read([name]).get(name), name));
      this.runner.write(new Map([[name, values]]));
    }
  }
}

function fetch(plan: Plan, results: ReturnType<LoadedPlan['run']>): Fetches | Promise<Fetches> {
  const named = (values: readonly TensorData[]) =>
    Object.fromEntries(plan.outputs.map(({ name }, i) => [name, values[i]]));
  return results instanceof Promise ? results.then(named) : named(results);
}
