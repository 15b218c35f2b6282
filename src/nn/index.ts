/** Layers, initialisers and the scopes that hold their variables. */
export {
  type CellOptions,
  type DecoderCellOptions,
  decoderCell,
  encoderCell,
  normalisedConv,
} from './cells.js';
export {
  type ChamferHalves,
  type CloudReduction,
  chamfer,
  chamferHalves,
  type EarthMoversOptions,
  earthMovers,
} from './cloudDistances.js';
export {
  averagePool,
  type ConvolutionOptions,
  conv,
  type Padding,
  type TransposedConvolutionOptions,
  transposedConv,
  upsampleNearest,
} from './convolution.js';
export {
  fanInUniform,
  filled,
  gaussian,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  orthogonal,
} from './initialisers.js';
export {
  type ActivationName,
  activations,
  flatten,
  type Layer,
  type Network,
  onFirst,
  relu,
  reshape,
  residual,
  sequential,
  sigmoid,
  tanh,
} from './layer.js';
export { embedding, type LinearOptions, linear } from './linear.js';
export { type BatchNormOptions, batchNorm, dropout, groupNorm, layerNorm } from './normalisation.js';
export { pointNet } from './pointNet.js';
export {
  type Choice,
  type CodebookUpdate,
  finiteScalarQuantiser,
  type KMeansOptions,
  kMeans,
  nearestCentres,
  type Quantised,
  type Quantiser,
  type ResidualQuantiserOptions,
  residualQuantiser,
  type VectorQuantiserOptions,
  vectorQuantiser,
} from './quantisers/index.js';
export { gru, lstm, type RecurrentOptions } from './recurrent.js';
export { upsampleLinear } from './resample.js';
export {
  type Clock,
  type Ramp,
  Scope,
  type ScopeOptions,
  type ScopeVariableOptions,
  VariableTable,
} from './scope.js';
export {
  gaussianWindow,
  type MsSsimOptions,
  msSsim,
  type SsimOptions,
  scalesFor,
  ssim,
  WANG_WEIGHTS,
  weightsFor,
  windowFor,
} from './similarity.js';
export { type SinkhornOptions, sinkhorn } from './sinkhorn.js';
export { leadingVector, type SpectralNormOptions, spectralNorm } from './spectralNorm.js';
export { squeezeExcite } from './squeezeExcite.js';
export { weightNorm, withNorms } from './weightNorm.js';
