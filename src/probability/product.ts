/** Independent distributions side by side: one event that is the parts of it joined along its only axis. */
import { concat, ShapeError, split, type Tensor } from '../tensor/index.js';
import type { Distribution, DrawOptions } from './distribution.js';
import { kl } from './kl.js';

export class Product implements Distribution {
  readonly eventRank = 1;

  /** @param parts over [...batch, n_i] each */
  constructor(readonly parts: readonly Distribution[]) {
    if (parts.length === 0 || parts.some(({ eventRank }) => eventRank !== 1))
      throw new ShapeError('Product', 'takes parts whose events have one axis');
  }

  get mean(): Tensor {
    return concat(this.parts.map(({ mean }) => mean));
  }

  /** An event [..., Σ n_i] as its parts. */
  split(x: Tensor): Tensor[] {
    return split(
      x,
      this.parts.map(({ mean }) => mean.shape[mean.rank - 1]),
    );
  }

  logProb(x: Tensor): Tensor {
    const each = this.split(x);
    return this.parts.map((part, i) => part.logProb(each[i])).reduce((sum, term) => sum.add(term));
  }

  nll(x: Tensor): Tensor {
    return this.logProb(x).neg();
  }

  /** Every part draws from a stream of its own, the first one from the one that is named. */
  sample({ stream = 'posterior', draws }: DrawOptions = {}): Tensor {
    return concat(
      this.parts.map((part, i) => part.sample({ stream: i === 0 ? stream : `${stream}/${i}`, draws })),
    );
  }

  klTo(p: object): Tensor | undefined {
    if (!(p instanceof Product)) return undefined;
    return this.parts.map((part, i) => kl(part, p.parts[i])).reduce((sum, term) => sum.add(term));
  }
}
