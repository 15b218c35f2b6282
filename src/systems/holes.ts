/**
 * Samples with holes, x_o of x: a number that is missing is NaN as models see it, and nothing that is learnt depends on it.
 *
 *   encoder      sees [x_o with 0 in the holes, o], o = 1 where a number is there and 0 where it is not
 *   likelihood   −log p(x_o|z) of what is there, instead of −log p(x|z)
 *
 * Zero is the mean of a column as models see it. If what is missing is so at random, the bound on log p(x_o) is one on the
 * likelihood of the data as they are (Mattei & Frellsen 2019, §2-3, arXiv:1812.02633; Nazábal et al. 2020, §3,
 * arXiv:1807.03653).
 */
import type { Layer } from '../nn/index.js';
import { concat, type Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import type { Likelihood, SampleDistribution } from './likelihood.js';

export interface Observed {
  /** x, and 0 where it is missing. */
  readonly values: Tensor;
  /** Bool, of the same shape. */
  readonly isThere: Tensor;
}

export function observedOf(x: Tensor): Observed {
  const isThere = x.isFinite();
  return { values: isThere.where(x, 0), isThere };
}

/** x as it is where `observed` is 1, and missing elsewhere. */
export function withHoles(x: Tensor, observed: Tensor): Tensor {
  // 0/0 is NaN on every engine, in whatever way its constants are written.
  return x.mul(observed.div(observed));
}

/** Beside x its mask, behind the last axis: [..., n] → [..., 2n]. */
export function seeingHoles(encoder: Layer): Layer {
  return (scope) => {
    const network = encoder(scope);
    return (x) => {
      const { values, isThere } = observedOf(x);
      return network(concat([values, isThere.cast('float32')]));
    };
  };
}

/** What every number of x costs, 0 where it is missing; `cost` is finite for finite values. */
export function costOfObserved(
  { holes }: Pick<DataDescription, 'holes'>,
  x: Tensor,
  cost: (values: Tensor) => Tensor,
): Tensor {
  if (!holes) return cost(x);
  const { values, isThere } = observedOf(x);
  return isThere.where(cost(values), 0);
}

/** p(x_o|z) for samples with holes. */
export class ObservedOnly implements SampleDistribution {
  /** @param whole p(x|z), of which numbers can be left out */
  constructor(readonly whole: SampleDistribution) {}

  get mean(): Tensor {
    return this.whole.mean;
  }

  nll(x: Tensor): Tensor {
    const { values, isThere } = observedOf(x);
    return this.#marginal(values, isThere.cast('float32'));
  }

  /** Of what is there and `observed` as well. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    const { values, isThere } = observedOf(x);
    return this.#marginal(values, isThere.where(observed, 0));
  }

  sample(options: { stream: string }): Tensor {
    return this.whole.sample(options);
  }

  #marginal(values: Tensor, observed: Tensor): Tensor {
    const nll = this.whole.marginalNll?.(values, observed);
    if (!nll) throw new Error('holes: numbers of a sample depend on each other given its code');
    return nll;
  }
}

export function overObserved({ outputShape, distribution }: Likelihood): Likelihood {
  return { outputShape, distribution: (output) => new ObservedOnly(distribution(output)) };
}
