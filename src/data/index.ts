/** Data sets: what a sample is, and where samples come from. */

export { arrayDataset, CACHE_BYTES } from './arrayDataset.js';
export {
  type ArrayOptions,
  type CloudsOptions,
  fromClouds,
  fromImages,
  fromSequences,
  fromTable,
  type ImageOptions,
  type SequenceOptions,
} from './arrays.js';
export { type ByteSource, bytesInMemory } from './bytes.js';
export { isMissing } from './cells.js';
export { cholesky, inverseLower } from './cholesky.js';
export { byCodePoint, classify, labelledOf, unknownNotices } from './classes.js';
export {
  hasRepeats,
  normalised,
  resampled,
  type Sampling,
  samplings,
  UnreadableCloud,
} from './clouds/cloud.js';
export { CLOUD_KINDS, CLOUD_PATTERN, readCloud } from './clouds/cloudFile.js';
export { type ColumnMoments, columnMoments } from './columnMoments.js';
export { openCsv } from './csv.js';
export {
  type Column,
  type ColumnType,
  DataError,
  type Dataset,
  type Factor,
  type ImageSpec,
  type Likeness,
  type Parts,
  type PointsSpec,
  type SampleSpec,
  type Samples,
  type SequenceSpec,
  type TableSpec,
  UNKNOWN,
} from './dataset.js';
export type { Elements } from './elements.js';
export type { TypeOption } from './features.js';
export { generate, generatedNames } from './generated.js';
export type { GeneratedOptions } from './generatedOptions.js';
export { glyphs } from './glyphs.js';
export { contentHash } from './hash.js';
export { type Hiding, hidden } from './hide.js';
export { hideLabels } from './hideLabels.js';
export { openIdx } from './idx.js';
export { requireIndices } from './indices.js';
export { allocateSamples, elementsPerSample, type Identity } from './memory.js';
export { type Moments, moments, type Points } from './moments.js';
export { movingSprites } from './movingSprites.js';
export { encodeNpy } from './npy.js';
export { encodeNpz } from './npz.js';
export type { NpzOptions } from './npzChoice.js';
export { type Companions, type FileOptions, openDataFile, shortName } from './openFile.js';
export { requireEffect } from './options.js';
export { TrainingOrder } from './order.js';
export { oscillator } from './oscillator.js';
export { type PrincipalComponents, principalComponents } from './pca.js';
export { filteredRows } from './pngFilters.js';
export { primitives } from './primitives.js';
export type { Range } from './range.js';
export { hasHoles, pictureOf, rowOf, sequenceOf, showSpec } from './specs.js';
export { inRandomOrder, type Part, type Split, splitDataset } from './split.js';
export { sprites } from './sprites.js';
export { requireHoles, type Summary, summarise, type ValueSummary, withMoments } from './statistics.js';
export { joinArrays, type StoredArray } from './storedArray.js';
export { swissRoll } from './swissRoll.js';
export { MissingCellsError, type TableOptions } from './table.js';
export { twoMoons } from './twoMoons.js';
export { type WindowOptions, windowed } from './windows.js';
export { crc32 } from './zip.js';
