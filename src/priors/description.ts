/**
 * Codes as priors see them, and the way there and back as part of the graph.
 *
 *   vectors   codes of real numbers, flattened to [batch, d], as standard scores x = (z − m)/s by the aggregate posterior
 *             of the training part, so that log p(z) = log p(x) − Σ_j log s_j; where the posterior is normal, every
 *             look at a code is a fresh draw of it
 *   grids     indices, the maps of a code flattened and joined, coarsest first: int32 [batch, positions]
 */
import type { TableSpec } from '../data/index.js';
import type { CodeMap, DataDescription } from '../systems/index.js';
import { constant, randomNormal, type Shape, type Tensor } from '../tensor/index.js';

interface Described {
  /** The codes as data, for training and evaluation. */
  readonly data: DataDescription;
  /** Numbers or indices of a code. */
  readonly size: number;
}

/** Codes of real numbers. */
export interface VectorCodes extends Described {
  readonly kind: 'vectors';
  /** Shape of a code as the autoencoder has it. */
  readonly shape: Shape;
  /** m and s, float32 [d]. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly stored: StoredVectors;
  /** Σ_j log s_j, nats. */
  readonly logVolume: number;
  /** Codes [..., ...shape] → x [..., d]. */
  standardise(code: Tensor): Tensor;
  /** x [..., d] → codes [..., ...shape]. */
  restore(x: Tensor): Tensor;
}

/** Codes that are indices. */
export interface GridCodes extends Described {
  readonly kind: 'grids';
  readonly maps: readonly CodeMap[];
}

export type CodeDescription = VectorCodes | GridCodes;

/**
 * What stands in a stored row: the code that a model gives as the embedding, one draw of it for good, or mean and
 * log-variance of a normal posterior, [2d], of which every look is a draw.
 */
export type StoredVectors = 'means' | 'draws' | 'posteriors';

export interface DataFacts {
  /** Number of classes; 0 where there are none. */
  readonly classes: number;
  /** Whether there are codes of samples whose class is not known. @default false */
  readonly hasUnknown?: boolean;
  /** Codes of the training part. */
  readonly size: number;
}

export function describeVectors({
  shape,
  mean,
  deviation,
  stored,
  hasUnknown = false,
  ...facts
}: Pick<VectorCodes, 'shape' | 'mean' | 'deviation' | 'stored'> & DataFacts): VectorCodes {
  const size = mean.length;
  const [middle, spread] = [constant(mean), constant(deviation)];
  const standardise = (code: Tensor) => {
    const lead = code.shape.slice(0, code.rank - shape.length);
    return code
      .reshape([...lead, size])
      .sub(middle)
      .div(spread);
  };
  const restore = (x: Tensor) =>
    x
      .mul(spread)
      .add(middle)
      .reshape([...x.shape.slice(0, -1), ...shape]);
  const code = (rows: Tensor, isDrawn: boolean) => {
    const posteriorMean = rows.sliceAlong(1, 0, size);
    if (stored !== 'posteriors' || !isDrawn) return standardise(flat(posteriorMean));
    const logVar = rows.sliceAlong(1, size, 2 * size);
    const noise = randomNormal('code', posteriorMean.shape);
    return standardise(flat(posteriorMean.add(logVar.mul(0.5).exp().mul(noise))));
  };
  const flat = (rows: Tensor) => rows.reshape([rows.shape[0], ...shape]);
  const width = stored === 'posteriors' ? 2 * size : size;
  return {
    kind: 'vectors',
    shape,
    mean,
    deviation,
    stored,
    size,
    logVolume: deviation.reduce((sum, s) => sum + Math.log(s), 0),
    standardise,
    restore,
    data: {
      ...facts,
      hasUnknown,
      holes: false,
      spec: rowsOf(width),
      shape: [size],
      binarise: 'none',
      toModel: (rows) => code(rows, false),
      fromModel: restore,
      observe: (rows) => code(rows, true),
    },
  };
}

export function describeGrids({
  maps,
  hasUnknown = false,
  ...facts
}: Pick<GridCodes, 'maps'> & DataFacts): GridCodes {
  const size = maps.reduce((sum, { shape }) => sum + positionsOf(shape), 0);
  const toModel = (rows: Tensor) => rows.cast('int32');
  return {
    kind: 'grids',
    maps,
    size,
    data: {
      ...facts,
      hasUnknown,
      holes: false,
      spec: rowsOf(size),
      shape: [size],
      binarise: 'none',
      toModel,
      fromModel: (indices) => indices.cast('float32'),
      observe: toModel,
    },
  };
}

/** The maps of joined indices, [batch, positions] → int32 [batch, ...map] each. */
export function splitMaps(indices: Tensor, maps: readonly CodeMap[]): Tensor[] {
  let start = 0;
  return maps.map(({ shape }) => {
    const end = start + positionsOf(shape);
    const part = indices.sliceAlong(1, start, end).reshape([indices.shape[0], ...shape]);
    start = end;
    return part;
  });
}

const positionsOf = (shape: Shape) => shape.reduce((product, length) => product * length, 1);

/** Rows of numbers: indices below 2²⁴ are exact in float32. */
function rowsOf(width: number): TableSpec {
  const columns = Array.from({ length: width }, (_, i) => ({ name: `z${i}`, type: 'numeric' as const }));
  return { kind: 'table', shape: [width], dtype: 'float32', columns };
}
