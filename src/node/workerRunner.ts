/**
 * ONNX Runtime in a thread of its own: calls go there as messages and come back as promises, and the thread that calls
 * stays free. The variables live over there.
 */
import { Worker } from 'node:worker_threads';
import type { Values } from '../engine/index.js';
import type { RunnerLink } from '../engine/onnx/engine.js';
import type { OrtRuntime } from './ort.js';
import { buffersOf, WorkerCalls } from './workerCalls.js';
import { startingState } from './workerState.js';

export interface WorkerRunnerOptions {
  /** Threads that share one operator's work. */
  readonly threads: number;
  /** @default native, or WebAssembly where that does not load */
  readonly runtime?: OrtRuntime;
}

/** What the worker is told when it starts, and what it answers. */
export interface WorkerStart extends WorkerRunnerOptions {
  readonly state: Int32Array;
}
export interface WorkerStarted {
  readonly runtime: OrtRuntime;
  readonly version: string;
}

export type WorkerRunner = RunnerLink & WorkerStarted;

/**
 * Starts a worker with ONNX Runtime in it. It keeps the process alive while a call is on its way, and only then. A
 * process that exits meanwhile waits for the call to end.
 *
 * @throws Error if ONNX Runtime cannot be loaded
 */
export async function workerRunner(options: WorkerRunnerOptions): Promise<WorkerRunner> {
  const start: WorkerStart = { ...options, state: startingState() };
  // Workers take over the flags of the process, and with this one they do not start.
  const readsInput = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  const worker = new Worker(new URL('./engineWorker.js', import.meta.url), {
    name: 'vaekit engine',
    workerData: start,
    ...(readsInput && { execArgv: [] }),
  });
  const calls = new WorkerCalls(worker, start.state);
  const { runtime, version } = (await calls.started) as WorkerStarted;
  return {
    runtime,
    version,
    load: (model) => calls.call('load', [model]),
    release: (model) => calls.call('release', [model]),
    run: (model, feeds, options) => {
      const copies = Object.fromEntries(
        Object.entries(feeds).map(([name, values]) => [name, copyOf(values)]),
      );
      return calls.call('run', [model, copies, options], buffersOf(Object.values(copies)));
    },
    read: (names) => calls.call('read', [names]),
    write: (values) => {
      const copies = new Map(Array.from(values, ([name, data]) => [name, copyOf(data)]));
      return calls.call('write', [copies], buffersOf(copies.values()));
    },
    close: () => calls.close(),
  };
}

/**
 * A message takes along the whole buffer below an array, however little of it the array shows. So arrays are copied,
 * and the copies moved: the caller keeps its own.
 */
function copyOf(values: Values): Values {
  // `slice` of Node's Buffer, which is a Uint8Array, copies nothing.
  return values instanceof Uint8Array ? new Uint8Array(values) : values.slice();
}
