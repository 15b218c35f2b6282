/** A data set behind a thread of its own, so that reading files and decoding pictures hold nobody up. */
import { Worker } from 'node:worker_threads';
import { type Dataset, generate, generatedNames, type Samples } from '../../data/index.js';
import type { OpenOptions } from './open.js';
import {
  type DataReply,
  type DataRequest,
  type DatasetFacts,
  type DataWorkerStart,
  errorOf,
} from './workerMessages.js';

/**
 * `openDataset` in a worker. Requests are answered in order. The worker keeps the process alive while a request is on
 * its way, and only then; `close` answers what was asked before, and ends it.
 *
 * @throws DataError and StorageError as `openDataset` does
 */
export async function openDatasetInWorker(source: string, options: OpenOptions = {}): Promise<Dataset> {
  const link = new WorkerLink({ source, options });
  const facts = await link.opened;
  const remote = {
    read: (indices: ArrayLike<number>) => link.read(Uint32Array.from(indices)),
    close: () => link.close(),
  };
  if (generatedNames.includes(source)) {
    // What a generated set is costs nothing to know on this side, too, and only it knows the factors of samples.
    const { cacheBytes: _, like: __, labelled: ___, ...others } = options;
    const { labelled, notices } = facts;
    return { ...generate(source, others), labelled, notices, ...remote };
  }
  const { ids, ...rest } = facts;
  return { ...rest, ...remote, idOf: (index) => (ids ? ids[index] : String(index)) };
}

interface Waiting {
  resolve(reply: DataReply): void;
  reject(error: Error): void;
}

class WorkerLink {
  readonly opened: Promise<DatasetFacts>;
  readonly #worker: Worker;
  /** Requests without an answer, oldest first. */
  readonly #waiting: Waiting[] = [];
  readonly #exited: Promise<void>;
  #end: Error | undefined;

  constructor(start: DataWorkerStart) {
    // Workers take over the flags of the process, and with this one they do not start.
    const readsInput = process.execArgv.some((flag) => flag.startsWith('--input-type'));
    this.#worker = new Worker(new URL('./dataWorker.js', import.meta.url), {
      name: 'vaekit data',
      workerData: start,
      ...(readsInput && { execArgv: [] }),
    });
    this.#worker.on('message', (reply: DataReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#stop(error.message));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#stop(`its thread ended with code ${code}`);
        resolve();
      });
    });
    this.opened = this.#answer().then((reply) => {
      if ('opened' in reply) return reply.opened;
      throw new Error('the data worker answered before it was ready');
    });
  }

  async read(indices: Uint32Array): Promise<Samples> {
    this.#ask({ indices });
    const reply = await this.#answer();
    if ('samples' in reply) return reply.samples;
    throw new Error('the data worker gave no samples');
  }

  async close(): Promise<void> {
    this.#ask('close');
    this.#end ??= new Error('the data set was closed');
    // Who closes waits for the end, and the process with them.
    this.#worker.ref();
    await this.#exited;
  }

  #ask(request: DataRequest): void {
    if (!this.#end) this.#worker.postMessage(request);
  }

  #answer(): Promise<DataReply> {
    if (this.#end) return Promise.reject(this.#end);
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #settle(reply: DataReply): void {
    const next = this.#waiting.shift();
    if (this.#waiting.length === 0 && !this.#end) this.#worker.unref();
    if ('error' in reply) next?.reject(errorOf(reply.error));
    else next?.resolve(reply);
  }

  #stop(problem: string): void {
    this.#end ??= new Error(`the data worker has stopped: ${problem}`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }
}
