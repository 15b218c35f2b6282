/** Primitives without inputs: what a step is fed, what it keeps, and what it knows by itself. */
import type { ConstantData, DType } from '../dtype.js';
import type { Shape } from '../shape.js';
import type { None, Rule } from './rule.js';

/** Fed by the caller at every run. */
export const input: Rule<{ name: string; shape: Shape; dtype: DType }> = {
  infer: (_, signature) => signature,
};

/** Kept by the engine between runs; written by a program's updates. */
export const variable: Rule<{ name: string; shape: Shape; dtype: DType }> = {
  infer: (_, signature) => signature,
};

/** Known when the graph is built. */
export const constant: Rule<{ data: ConstantData; shape: Shape; dtype: DType }> = {
  infer: (_, signature) => signature,
};

/** Number of the running step, from 0: the same number that counts the random streams on. */
export const step: Rule<None> = { infer: () => ({ shape: [], dtype: 'int32' }) };

/** Fresh numbers at every step, determined by (seed, stream, step): see src/random. */
export const random: Rule<{ stream: string; distribution: 'normal' | 'uniform'; shape: Shape }> = {
  infer: (_, { shape }) => ({ shape, dtype: 'float32' }),
};

/** 0, 1, 2 … along `axis`. */
export const iota: Rule<{ shape: Shape; axis: number }> = {
  infer: (_, { shape }) => ({ shape, dtype: 'int32' }),
};
