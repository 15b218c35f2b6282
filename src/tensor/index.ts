/** Symbolic tensors: build a graph, differentiate it, and hand it to an engine as a `Program`. */
export type { ConstantData, DType, TensorData } from './dtype.js';
export { allocate, bytesPerElement, toData } from './dtype.js';
export {
  concat,
  covariance,
  elu,
  fill,
  gelu,
  input,
  iota,
  leakyRelu,
  logMeanExp,
  logSoftmax,
  logSumExp,
  oneHot,
  ones,
  randomNormal,
  randomUniform,
  silu,
  softmax,
  sort,
  split,
  stack,
  step,
  takeAlongLast,
  topKMask,
  withGradientOf,
  zeros,
} from './functions.js';
export { batchJacobian, grad, jacobian, vjp } from './gradient.js';
export { inputsFirst, substitute, topologicalOrder } from './graph.js';
export type { Window } from './ops/convolution.js';
export type { AttributesOf, OpName } from './ops/index.js';
export { rules } from './ops/index.js';
export { Program, type ProgramDefinition } from './program.js';
export { broadcastShapes, type Shape, ShapeError, sameShape, show, sizeOf, stridesOf } from './shape.js';
export { constant, type KeepDims, type Operand, type Range, Tensor } from './tensor.js';
export { type Draws, type Initialiser, Variable, type VariableOptions } from './variable.js';
