/** The thread that ONNX Runtime blocks while it computes: a runner that answers calls, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { localRunner } from '../engine/onnx/engine.js';
import { loadOrt } from './ort.js';
import { buffersOf, type Reply, type Request, STARTED } from './workerCalls.js';
import type { WorkerStart, WorkerStarted } from './workerRunner.js';
import { beginWork, endWork } from './workerState.js';

if (!parentPort) throw new Error('engineWorker: only workerRunner starts it, in a thread of its own');
const port = parentPort;
const start: WorkerStart = workerData;

try {
  const { ort, runtime, version } = await loadOrt(start);
  const runner = localRunner(ort, start);
  const answer = async ({ id, method, args }: Request) => {
    const call = runner[method] as (...args: readonly unknown[]) => Promise<unknown>;
    if (!beginWork(start.state)) return;
    try {
      reply({ id, result: await call(...args) });
    } catch (error) {
      reply({ id, error: asError(error) });
    } finally {
      endWork(start.state);
    }
  };
  let last = Promise.resolve();
  port.on('message', (request: Request) => {
    last = last.then(() => answer(request));
  });
  const started: WorkerStarted = { runtime, version };
  reply({ id: STARTED, result: started });
} catch (error) {
  reply({ id: STARTED, error: asError(error) });
} finally {
  endWork(start.state);
}

/** Arrays of a result were made for it, so they are moved and not copied. */
function reply(message: Reply): void {
  const { result } = message;
  port.postMessage(message, buffersOf(result instanceof Map ? result.values() : Object.values(result ?? {})));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
