/**
 * The order of training: an endless stream of samples in which every epoch goes through the training part once, in an
 * order of its own. Batches are cut from the stream, so they are all full and may reach over the end of an epoch, and
 * training can go on from any position.
 */
import { Permutation, RandomStream } from '../random/index.js';
import type { Part } from './split.js';

export class TrainingOrder {
  readonly #stream: RandomStream;
  #epoch = -1;
  #permutation: Permutation | undefined;

  constructor(
    readonly part: Part,
    seed: number,
    stream = 'data order',
  ) {
    this.#stream = new RandomStream(seed, stream);
  }

  /** Indices in the data set of the stream's samples at positions first, first + 1 … */
  indices(first: number, count: number): Uint32Array {
    return Uint32Array.from({ length: count }, (_, i) => this.#at(first + i));
  }

  #at(position: number): number {
    const epoch = Math.floor(position / this.part.size);
    if (!this.#permutation || epoch !== this.#epoch) {
      this.#permutation = new Permutation(this.part.size, this.#stream, epoch);
      this.#epoch = epoch;
    }
    return this.part.at(this.#permutation.at(position - epoch * this.part.size));
  }
}
