/** A value that an engine keeps between runs: a weight, an optimiser's moment, a running statistic. */
import type { DType } from './dtype.js';
import { requireShape, type Shape } from './shape.js';
import { Tensor } from './tensor.js';

/** Random numbers for one variable's initial value; every call continues the variable's own stream. */
export interface Draws {
  /** Standard normal numbers. */
  normal(count: number): Float32Array;
  /** Numbers uniform in [0, 1). */
  uniform(count: number): Float32Array;
  /** Those of another variable, from their beginning: for a value that belongs to what that one begins with. */
  of(name: string): Draws;
}

/** What a variable holds before the first step, in row-major order. */
export type Initialiser = (shape: Shape, draws: Draws) => ArrayLike<number>;

export interface VariableOptions {
  /** @default 'float32' */
  dtype?: DType;
  /** Whether a gradient is meant to move it; running statistics and moments are not. @default true */
  trainable?: boolean;
  /** Another one, of the same shape and initialiser, that begins with the same values. */
  startsAs?: Variable;
}

export class Variable extends Tensor<'variable'> {
  readonly trainable: boolean;
  /** Names the random numbers that it begins with. */
  readonly initialStream: string;

  /** @param name path that names it in checkpoints, such as `encoder.0.weight` */
  constructor(
    readonly name: string,
    shape: Shape,
    readonly initialiser: Initialiser,
    { dtype = 'float32', trainable = true, startsAs }: VariableOptions = {},
  ) {
    requireShape('Variable', shape);
    super('variable', [], { name, shape, dtype }, { shape, dtype });
    this.trainable = trainable;
    this.initialStream = startsAs?.initialStream ?? name;
  }
}
