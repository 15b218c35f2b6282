/** Lets the calls of an engine take turns, so that two that were not waited for do not work on one state at once. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  /** Does the task after everything that was asked for before it, however that ended. */
  async take<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('this engine has been disposed of');
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** The last task; whoever asks for another one is told that the engine is gone. */
  async close(task: () => void | Promise<void>): Promise<void> {
    if (this.#closed) return;
    const turn = this.take(task);
    this.#closed = true;
    return turn;
  }
}
