/** How many steps one engine call makes. Results do not depend on it; how soon a run can be stopped does. */
import { bytesPerElement, type Program } from '../tensor/index.js';

/** Long enough to forget the cost of a call, short enough to stop soon. */
const SECONDS = 0.25;
const MOST_STEPS = 256;
/** Of what is fed to the engine at a time: samples and noise. */
const MOST_BYTES = 32 * 2 ** 20;
/** Growth from one chunk to the next, while it is not known how long a step takes. */
const GROWTH = 4;

export class ChunkSize {
  steps = 1;
  readonly #most: number;

  constructor({ inputs, random }: Program) {
    const fed = [...inputs.values(), ...random];
    const bytesPerStep = fed.reduce((sum, { size, dtype }) => sum + size * bytesPerElement(dtype), 0);
    this.#most = Math.max(1, Math.min(MOST_STEPS, Math.floor(MOST_BYTES / bytesPerStep)));
  }

  /** Takes in how long some steps took. */
  adapt(steps: number, seconds: number): void {
    const wanted = Math.floor((SECONDS / Math.max(seconds, 1e-6)) * steps);
    this.steps = Math.max(1, Math.min(wanted, GROWTH * this.steps, this.#most));
  }
}
