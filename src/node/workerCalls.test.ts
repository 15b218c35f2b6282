import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { WorkerCalls } from './workerCalls.js';
import { startingState } from './workerState.js';

test.each([
  ['ends', 'process.exit(3)', 'its thread ended with code 3'],
  ['fails', 'throw new RangeError("out of memory")', 'out of memory'],
])(
  'a worker that %s on its own rejects what is on its way, and what comes later',
  async (_, program, problem) => {
    const calls = new WorkerCalls(new Worker(program, { eval: true }), startingState());
    const failure = `the engine has stopped: ${problem}`;
    const early = calls.call('read', [['w']]);
    await expect(calls.started).rejects.toThrow(failure);
    await expect(early).rejects.toThrow(failure);
    await expect(calls.call('read', [['w']])).rejects.toThrow(failure);
    await calls.close();
  },
);
