import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { beginWork, endWork, startingState, stopWork } from './workerState.js';

test('work begins where there is none, and ends', () => {
  const state = startingState();
  expect(beginWork(state)).toBe(false);
  endWork(state);
  expect(beginWork(state)).toBe(true);
  expect(beginWork(state)).toBe(false);
  endWork(state);
  expect(beginWork(state)).toBe(true);
});

test('a stop waits for the work of another thread, and none begins after it', async () => {
  const state = startingState();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const program = `
    const { state, done, url } = require('node:worker_threads').workerData;
    import(url).then(({ endWork }) => setTimeout(() => { done[0] = 1; endWork(state); }, 30));`;
  const url = new URL('./workerState.js', import.meta.url).href;
  const worker = new Worker(program, { eval: true, workerData: { state, done, url } });
  stopWork(state);
  expect(done[0]).toBe(1);
  expect(beginWork(state)).toBe(false);
  await worker.terminate();
});
