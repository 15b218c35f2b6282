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

export interface NormalChainDefinition<State> {
  /** Number of codes that the chain is about. */
  readonly batch: number;
  /** Length of every group. */
  readonly sizes: readonly number[];
  /** Places of the groups in the code, in the order in which they are drawn. @default as they lie */
  readonly order?: readonly number[];
  /** What is known before the first group, for `rows` codes: the batch, once per draw. */
  start(rows: number): State;
  /** A group given what is known, [rows, d]. */
  at(group: number, state: State): DiagonalNormal;
  /** What is known with the group's code, [rows, d], too. */
  next(group: number, state: State, code: Tensor): State;
}

/** Codes by group, and the distribution that each was drawn from; [rows, d_l], in the code's order. */
export interface ChainDraw {
  readonly codes: readonly Tensor[];
  readonly conditionals: readonly DiagonalNormal[];
}

export class NormalChain<State> implements Reparameterised {
  readonly eventRank = 1;
  readonly #definition: NormalChainDefinition<State>;

  constructor(definition: NormalChainDefinition<State>) {
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
  draw({ stream = 'posterior', draws }: DrawOptions = {}): ChainDraw {
    const { batch, sizes } = this.#definition;
    const rows = batch * (draws ?? 1);
    // One draw of noise for all groups: an exported sampler has one input.
    const lead = draws === undefined ? [batch] : [draws, batch];
    const noise = split(randomNormal(stream, [...lead, this.size]).reshape([rows, this.size]), sizes);
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
    const { sizes, order = sizes.map((_, group) => group), start, at, next } = this.#definition;
    const codes: Tensor[] = [];
    const conditionals: DiagonalNormal[] = [];
    let state = start(rows);
    order.forEach((group, place) => {
      conditionals[group] = at(group, state);
      codes[group] = take(group, conditionals[group]);
      // What follows the last group belongs to the decoder.
      if (place < order.length - 1) state = next(group, state, codes[group]);
    });
    return { codes, conditionals };
  }
}
