/**
 * The ONNX Runtime engine. It compiles programs to ONNX models here and has a `Runner` run them: in this thread, or
 * behind a `RunnerLink` in a worker, because ONNX Runtime blocks the thread that calls it.
 */
import type { Program, TensorData } from '../../tensor/index.js';
import {
  type CheckedRunOptions,
  type Engine,
  type Executable,
  type Feeds,
  type RunOptions,
  requireFeed,
  requireRunOptions,
  type Values,
  type VariableStore,
} from '../engine.js';
import { Turns } from '../turns.js';
import { type CompiledModel, compileModel } from './model.js';
import { type OrtModule, Runner, type RunnerOptions } from './runner.js';

/** A runner that may be elsewhere. */
export interface RunnerLink {
  load(model: CompiledModel): Promise<number>;
  release(model: number): Promise<void>;
  run(model: number, feeds: Feeds, options: CheckedRunOptions): Promise<Record<string, TensorData>>;
  read(names: readonly string[]): Promise<Map<string, TensorData>>;
  write(values: ReadonlyMap<string, Values>): Promise<void>;
  close(): Promise<void>;
}

/** A runner in this thread. */
export function localRunner(ort: OrtModule, options: RunnerOptions): RunnerLink {
  const runner = new Runner(ort, options);
  return {
    load: (model) => runner.load(model),
    release: (model) => runner.release(model),
    run: (model, feeds, options) => runner.run(model, feeds, options),
    // Copies: the caller's arrays and the engine's own must not be the same.
    read: async (names) => new Map(Array.from(runner.read(names), ([name, data]) => [name, data.slice()])),
    write: async (values) =>
      runner.write(new Map(Array.from(values, ([name, data]) => [name, data.slice()]))),
    close: () => runner.close(),
  };
}

export class OnnxEngine implements Engine {
  readonly #turns = new Turns();

  constructor(
    readonly link: RunnerLink,
    readonly name = 'onnx',
  ) {}

  readonly variables: VariableStore = {
    read: (names) => {
      const list = [...names];
      return this.#turns.take(() => this.link.read(list));
    },
    write: (values) => this.#turns.take(() => this.link.write(values)),
  };

  async compile(program: Program): Promise<Executable> {
    const model = await this.#turns.take(() => this.link.load(compileModel(program)));
    return {
      run: (feeds: Feeds = {}, { signal, ...options }: RunOptions = {}) =>
        this.#turns.take(() => {
          signal?.throwIfAborted();
          const checked = requireRunOptions(options);
          for (const [name, { shape }] of program.inputs) requireFeed(feeds, name, shape, checked.steps);
          return this.link.run(model, feeds, checked);
        }),
      dispose: async () => {
        if (!this.#turns.closed) await this.#turns.take(() => this.link.release(model));
      },
    };
  }

  dispose(): Promise<void> {
    return this.#turns.close(() => this.link.close());
  }
}
