/** Primitives that change how a value is held or differentiated, not the value. */
import type { DType } from '../dtype.js';
import type { None, Rule } from './rule.js';

/**
 * Floats are cut towards zero on their way to whole numbers, which leave the result open when they are out of its range;
 * anything but 0 is true. No gradient: every cast has a side of whole numbers.
 */
export const cast: Rule<{ dtype: DType }> = {
  infer: ([x], { dtype }) => ({ shape: x.shape, dtype }),
};

/** sg[x]: the value of x, with derivative zero. */
export const stopGradient: Rule<None> = { infer: ([x]) => x };
