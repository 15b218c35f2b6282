/** Primitives that change how a value is held or differentiated, not the value. */
import type { DType } from '../dtype.js';
import type { None, Rule } from './rule.js';

/** Floats are cut towards zero on their way to whole numbers; anything but 0 is true. */
export const cast: Rule<{ dtype: DType }> = {
  infer: ([x], { dtype }) => ({ shape: x.shape, dtype }),
  gradient: (y, g) => [y.inputs[0].dtype === 'float32' ? g : undefined],
};

/** sg[x]: the value of x, with derivative zero. */
export const stopGradient: Rule<None> = { infer: ([x]) => x };
