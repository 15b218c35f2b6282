/** The table of primitive operations: every engine implements exactly these. */
import * as assignment from './assignment.js';
import * as binary from './binary.js';
import * as convert from './convert.js';
import * as convolution from './convolution.js';
import * as gather from './gather.js';
import * as layout from './layout.js';
import * as leaf from './leaf.js';
import * as matmul from './matmul.js';
import * as reduce from './reduce.js';
import type { Rule } from './rule.js';
import * as unary from './unary.js';

export const rules = {
  ...leaf,
  ...unary,
  ...binary,
  ...reduce,
  ...layout,
  ...gather,
  ...assignment,
  ...matmul,
  ...convolution,
  ...convert,
};

export type OpName = keyof typeof rules;
export type AttributesOf<K extends OpName> = (typeof rules)[K] extends Rule<infer A> ? A : never;
