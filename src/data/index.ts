/** Data sets: what a sample is, and where samples come from. */
export {
  type Column,
  type ColumnType,
  DataError,
  type Dataset,
  type Factor,
  type ImageSpec,
  type SampleSpec,
  type Samples,
  type TableSpec,
} from './dataset.js';
