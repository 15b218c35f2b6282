/** What the tables of this folder say about an operation. */
import type { Tensor } from '../../tensor/index.js';
import type { Sample, Sampler } from '../sampler.js';

export interface OpCase {
  readonly label: string;
  readonly inputs: readonly Sample[];
  build(...inputs: Tensor[]): Tensor;
  /**
   * What the gradient is compared with: central differences as well as the reference; the reference only, where the
   * derivative jumps (ties, edges of the domain); nothing, where values are not finite or too many.
   * @default 'differences'
   */
  readonly gradient?: 'differences' | 'reference' | 'nothing';
}

export interface OpSuite {
  cases(sampler: Sampler): readonly OpCase[];
  /** Allowed error of a value, in float32 roundings of the value; 0 for what must be exact. */
  readonly roundings: number;
  /** Allowed error whatever the value, with the reason beside it. */
  readonly absolute?: number;
  /** Whether values are sums of products of the inputs, whose roundings are those of the summands. */
  readonly sums?: boolean;
  /** Whether the derivative can be differentiated again. */
  readonly smooth: boolean;
}

/** Shapes of every rank up to 5, with lengths of 0, 1 and primes. */
export const SHAPES: readonly (readonly number[])[] = [
  [],
  [0],
  [1],
  [7],
  [2, 3],
  [3, 0],
  [1, 5],
  [2, 1, 3],
  [2, 3, 1, 2],
  [1, 2, 3, 2, 1],
  [67],
];
