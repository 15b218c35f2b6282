/**
 * Calls of a runner in another thread: how they are written as messages, and what becomes of them when a thread ends.
 */
import type { Worker } from 'node:worker_threads';
import type { RunnerLink } from '../engine/onnx/engine.js';
import { stopWork } from './workerState.js';

/** What can be asked for in messages. */
type Method = Exclude<keyof RunnerLink, 'close'>;

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: Error;
}

/** The reply that comes unasked, when the worker is ready or cannot be. */
export const STARTED = 0;

/** The buffers of those values that are arrays, to be moved to another thread. */
export function buffersOf(values: Iterable<unknown>): ArrayBuffer[] {
  return Array.from(values).flatMap((value) =>
    ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  );
}

/** Calls to a worker, and those of them that it has not yet answered. */
export class WorkerCalls {
  /** The first answer, which comes unasked. */
  readonly started: Promise<unknown>;
  readonly #worker: Worker;
  readonly #unanswered = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #onExit: () => void;
  #last = STARTED;
  #end: Error | undefined;
  #whenIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** @param work whether the worker is at work, as `workerState.ts` has it */
  constructor(worker: Worker, work: Int32Array) {
    this.#worker = worker;
    this.#onExit = () => stopWork(work);
    process.on('exit', this.#onExit);
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => this.#stop(error.message, error));
    worker.on('exit', (code) => {
      process.off('exit', this.#onExit);
      this.#stop(`its thread ended with code ${code}`);
      this.#unanswered.clear();
      this.#whenIdle?.();
    });
    this.started = this.#replyTo(STARTED);
  }

  /** @param moved buffers in the arguments that are given up instead of copied */
  call<M extends Method>(
    method: M,
    args: Parameters<RunnerLink[M]>,
    moved: readonly ArrayBuffer[] = [],
  ): ReturnType<RunnerLink[M]> {
    const request: Request = { id: ++this.#last, method, args };
    if (!this.#end) this.#worker.postMessage(request, moved);
    // What comes from another thread has the type that the code over there gives it.
    return this.#replyTo(request.id) as ReturnType<RunnerLink[M]>;
  }

  /** Rejects what is on its way, and ends the worker as soon as it is not at work. */
  close(): Promise<void> {
    this.#stop('it was closed');
    this.#closing ??= this.#idle().then(async () => {
      await this.#worker.terminate();
    });
    return this.#closing;
  }

  /** The process lives on while an answer is awaited, and not because of a worker that waits for calls. */
  #replyTo(id: number): Promise<unknown> {
    if (this.#end) return Promise.reject(this.#end);
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#unanswered.set(id, { resolve, reject }));
  }

  #settle({ id, result, error }: Reply): void {
    const call = this.#unanswered.get(id);
    this.#unanswered.delete(id);
    if (error) call?.reject(error);
    else call?.resolve(result);
    if (this.#unanswered.size > 0) return;
    this.#worker.unref();
    this.#whenIdle?.();
  }

  #stop(problem: string, cause?: Error): void {
    this.#end ??= new Error(`the engine has stopped: ${problem}`, { cause });
    for (const { reject } of this.#unanswered.values()) reject(this.#end);
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#unanswered.size === 0) resolve();
    });
  }
}
