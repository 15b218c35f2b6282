/**
 * Whether a worker is at work, in memory that it shares with the thread that started it.
 *
 * ONNX Runtime's native build aborts the process when its thread is stopped inside a call, which is what Node does to
 * workers when the process exits. So exiting waits until the worker is not at work, and keeps it from starting again.
 */

const IDLE = 0;
const AT_WORK = 1;
const STOPPED = 2;

/** No call takes as long; after that, something is wrong with the worker, and waiting does not help. */
const LONGEST_WAIT_MS = 60_000;

/** The state of a worker that is being started, which is work. */
export function startingState(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4)).fill(AT_WORK);
}

/** Called by the worker before it works. @returns whether it may */
export function beginWork(state: Int32Array): boolean {
  return Atomics.compareExchange(state, 0, IDLE, AT_WORK) === IDLE;
}

/** Called by the worker when it is done. */
export function endWork(state: Int32Array): void {
  Atomics.store(state, 0, IDLE);
  Atomics.notify(state, 0);
}

/** Blocks this thread until the worker is done with what it does, and will do no more. */
export function stopWork(state: Int32Array): void {
  while (Atomics.compareExchange(state, 0, IDLE, STOPPED) === AT_WORK) {
    if (Atomics.wait(state, 0, AT_WORK, LONGEST_WAIT_MS) === 'timed-out') return;
  }
}
