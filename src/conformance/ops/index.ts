/** The cases of every primitive operation. An operation that is missing here does not compile. */
import type { OpName } from '../../tensor/index.js';
import { assignment } from './assignment.js';
import * as binary from './binary.js';
import * as convert from './convert.js';
import * as convolution from './convolution.js';
import * as gather from './gather.js';
import * as layout from './layout.js';
import * as leaf from './leaf.js';
import { matmul } from './matmul.js';
import type { OpSuite } from './opCase.js';
import * as reduce from './reduce.js';
import * as unary from './unary.js';

export const opSuites: Record<OpName, OpSuite> = {
  ...leaf,
  ...unary,
  ...binary,
  ...reduce,
  ...layout,
  ...gather,
  ...convolution,
  ...convert,
  matmul,
  assignment,
};
