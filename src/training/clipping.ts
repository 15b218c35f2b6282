/** Clipping of gradients by their global norm. Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), §3.2. */
import { filled } from '../nn/index.js';
import { constant, type Tensor, Variable } from '../tensor/index.js';
import type { TrainingOptions } from './options.js';

/** Norms beyond this multiple of the running average are explosions, not gradients. */
const EXPLOSION = 10;
/** Steps that the running average looks back on. */
const MEMORY = 100;

export interface Clipping {
  /** What every gradient is multiplied with: min(1, limit / norm). */
  readonly scale: Tensor;
  /** Of the running average that an automatic limit is taken from. */
  readonly updates: ReadonlyMap<Variable, Tensor>;
}

/**
 * @param norm   of all gradients together, scalar
 * @param prefix of the running average's name
 */
export function clipping(norm: Tensor, limit: TrainingOptions['clip'], prefix = 'training'): Clipping {
  if (limit === 0) return { scale: constant(1), updates: new Map() };
  // A norm of 0 needs no scale and must not be divided by.
  const within = (largest: Tensor) => largest.div(norm.max(1e-30)).min(1);
  if (limit !== 'auto') return { scale: within(constant(limit)), updates: new Map() };
  const average = new Variable(`${prefix}.gradientNorm`, [], filled(0), { trainable: false });
  const count = new Variable(`${prefix}.gradientNormCount`, [], filled(0), { trainable: false });
  // An average of 0 says nothing yet: as a limit it would hold back every gradient from then on.
  const largest = average.greater(0).where(average.mul(EXPLOSION), norm);
  const weight = count
    .add(1)
    .pow(-1)
    .max(1 / MEMORY);
  const updates = new Map([
    [average, average.add(norm.min(largest).sub(average).mul(weight))],
    [count, count.add(1)],
  ]);
  return { scale: within(largest), updates };
}
