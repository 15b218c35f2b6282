/**
 * Normal distributions in a row: a code z = (z_1 … z_L) whose groups are each normal given those drawn before,
 *
 *   p(z) = Π_l N(z_l; m_l(z_<l), v_l(z_<l)).
 *
 * The groups lie side by side in a code, [batch, Σ d_l], so that encoding, traversals, sampling and export see one vector.
 */
import { concat, randomNormal, ShapeError, show, sizeOf, split, type Tensor } from '../tensor/index.js';
import { type DrawOptions, type Reparameterised, requireEvent } from './distribution.js';
import type { DiagonalNormal } from './normal.js';

/** A group's turn: its distribution given the groups before it, and what follows from its code. */
export interface ChainPlace {
  /** [rows, d] */
  readonly normal: DiagonalNormal;
  /** The place of the group drawn next; never asked at the last one. */
  next(code: Tensor): ChainPlace;
}

export interface NormalChainDefinition {
  /** Number of codes that the chain is about. */
  readonly batch: number;
  /** Length of every group. */
  readonly sizes: readonly number[];
  /** Places of the groups in the code, in the order in which they are drawn. @default as they lie */
  readonly order?: readonly number[];
  /** The first group's place, for `rows` codes: the batch, once per draw. */
  start(rows: number): ChainPlace;
}

/** Codes by group, and the distribution that each was drawn from; [rows, d_l], in the code's order. */
export interface ChainDraw {
  readonly codes: readonly Tensor[];
  readonly conditionals: readonly DiagonalNormal[];
}

export class NormalChain implements Reparameterised {
  readonly eventRank = 1;
  readonly takesTemperature = true;
  readonly #definition: NormalChainDefinition;

  constructor(definition: NormalChainDefinition) {
    this.#definition = definition;
  }

  /** Length of a code. */
  get size(): number {
    return this.#definition.sizes.reduce((sum, size) => sum + size, 0);
  }

  /** What follows when every group takes its mean: a typical code, and not E[z]. */
  get mean(): Tensor {
    return concat(this.#walk(this.#definition.batch, (_, normal) => normal.mean).codes);
  }

  /** A draw with its conditionals: what objectives need that count every group by itself. */
  draw({ stream = 'posterior', draws, temperature = 1 }: DrawOptions = {}): ChainDraw {
    const { batch, sizes } = this.#definition;
    const rows = batch * (draws ?? 1);
    // One draw of noise for all groups: an exported sampler has one input.
    const lead = draws === undefined ? [batch] : [draws, batch];
    const drawn = randomNormal(stream, [...lead, this.size]).reshape([rows, this.size]);
    const noise = split(temperature === 1 ? drawn : drawn.mul(temperature), sizes);
    return this.#walk(rows, (group, normal) => normal.mean.add(normal.deviation.mul(noise[group])));
  }

  /** @returns [batch, Σ d], or with `draws` [draws, batch, Σ d] */
  rsample(options: DrawOptions = {}): Tensor {
    const { batch } = this.#definition;
    const lead = options.draws === undefined ? [batch] : [options.draws, batch];
    return concat(this.draw(options).codes).reshape([...lead, this.size]);
  }

  sample(options?: DrawOptions): Tensor {
    return this.rsample(options).stopGradient();
  }

  /** The distribution of every group at the given codes, [rows, d_l] each, in the code's order. */
  conditionals(codes: readonly Tensor[]): readonly DiagonalNormal[] {
    return this.#walk(codes[0].shape[0], (group) => codes[group]).conditionals;
  }

  nll(z: Tensor): Tensor {
    return this.logProb(z).neg();
  }

  /**
   * @param z [...draws, batch, Σ d]
   * @throws ShapeError if the codes have another length, or are not those of the batch
   */
  logProb(z: Tensor): Tensor {
    const { batch, sizes } = this.#definition;
    requireEvent('NormalChain', [this.size], z, 1);
    const lead = z.shape.slice(0, -1);
    if (lead.at(-1) !== batch)
      throw new ShapeError('NormalChain', `codes ${show(z.shape)} are not those of a batch of ${batch}`);
    const codes = split(z.reshape([sizeOf(lead), this.size]), sizes);
    const conditionals = this.conditionals(codes);
    const terms = conditionals.map((normal, group) => normal.logProb(codes[group]));
    return terms.reduce((sum, term) => sum.add(term)).reshape(lead);
  }

  #walk(rows: number, take: (group: number, normal: DiagonalNormal) => Tensor): ChainDraw {
    const { sizes, order = sizes.map((_, group) => group) } = this.#definition;
    const codes: Tensor[] = [];
    const conditionals: DiagonalNormal[] = [];
    let place = this.#definition.start(rows);
    order.forEach((group, turn) => {
      conditionals[group] = place.normal;
      codes[group] = take(group, place.normal);
      if (turn < order.length - 1) place = place.next(codes[group]);
    });
    return { codes, conditionals };
  }
}

/** Features of a batch, [batch, ...], for so many rows: once per draw. */
export function repeatedFor(rows: number, features: Tensor): Tensor {
  const [batch, ...rest] = features.shape;
  if (rows === batch) return features;
  return features.broadcastTo([rows / batch, batch, ...rest]).reshape([rows, ...rest]);
}
