/**
 * The networks of a hierarchy of Gaussian codes: what is drawn first stands at the top, next to nothing else, and what is
 * drawn last at the bottom, next to the sample.
 *
 *   prior       p(z) = N(z_1; 0, I) Π p(z_l | d_l),   d_l = f_l(d_{l−1}, z_{l−1}), a function of all codes above
 *   topDown     q(z|x) = Π q(z_l | h_l(x), d_l), h made from the bottom up; both passes share d
 *   ladder      q(z_l|x, z_<l) ∝ N(z_l; m̂_l(x), v̂_l(x)) p(z_l | d_l): the data's estimate and the prior, by precision
 *   bottomUp    q(z|x) = q(z_L|x) Π q(z_{l−1}|z_l), against a chain p(z_l|z_{l−1}), p(x|z_L)
 *
 * With a single group, encoder, heads and decoder are a VAE's, by the same names.
 *
 * Sources: topDown: Kingma et al. 2016, §3 (arXiv:1606.04934); ladder: Sønderby et al. 2016 (arXiv:1602.02282), whose
 * chain p(z_l|z_{l−1}) becomes one on all codes above; bottomUp: Burda et al. 2016, §2 (arXiv:1509.00519).
 */
import { linear, type Scope, sequential } from '../nn/index.js';
import {
  type ChainPlace,
  DiagonalNormal,
  NormalChain,
  precisionMerge,
  repeatedFor,
} from '../probability/index.js';
import { concat, sizeOf, split, type Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { dense } from './architectures/mlp.js';
import type { DataDescription } from './description.js';
import { normalHead } from './gaussianVae.js';
import type { SampleDistribution } from './likelihood.js';
import { likelihoodFor } from './likelihoods.js';
import type { GaussianVaeOptions } from './options.js';

export interface GaussianLadderOptions extends GaussianVaeOptions {
  /** Lengths of the groups, from the top. */
  readonly latents: readonly number[];
  readonly inference: 'topDown' | 'bottomUp' | 'ladder';
  /** Widths of the dense layers from one group to the next. */
  readonly groupHidden: readonly number[];
}

export interface GaussianLadder {
  /** q(z|x) over codes whose groups lie from the top. */
  posterior(x: Tensor): NormalChain;
  /** p(z) for `count` codes. */
  prior(count: number): NormalChain;
  /** p(x|z) for codes [...draws, batch, Σ d]. */
  likelihood(z: Tensor): SampleDistribution;
  /** p(x|z) for codes by group, [rows, d_l], which shares what a posterior's draw of them has computed. */
  likelihoodOf(codes: readonly Tensor[]): SampleDistribution;
}

export function gaussianLadder(
  data: DataDescription,
  options: GaussianLadderOptions,
  scope: Scope,
): GaussianLadder {
  const { latents: sizes, inference, groupHidden, logVarBound } = options;
  const bottom = sizes.length - 1;
  const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
  const networks = networksFor(data, likelihood.outputShape, options);
  const trunk = networks.encoder(scope.child('encoder'));
  const decoder = networks.decoder(scope.child('decoder'));
  const everyGroup = <T>(make: (size: number, number: number) => T) =>
    sizes.map((size, group) => make(size, group + 1));
  const between = (name: string) => sequential(...dense(groupHidden, options))(scope.child(name));
  const normal = (size: number, at: Scope) => {
    const [mean, logVar] = ['mean', 'logVar'].map((name) => linear(size)(at.child(name)));
    return normalHead(mean, logVar, logVarBound);
  };
  // A layer that is never called makes no variables: the top group has no prior of its own and nothing above it.
  const posteriors = everyGroup((size, n) => normal(size, n === 1 ? scope : scope.child(`posterior${n}`)));
  const priors = everyGroup((size, n) => normal(size, scope.child(`prior${n}`)));
  const up = everyGroup((_, n) => between(`up${n}`));
  const down = everyGroup((_, n) => between(`down${n}`));
  const combine = everyGroup((_, n) => between(`combine${n}`));

  /** What the groups below `group` go by: all codes down to it, or in a chain the last one. */
  const known = (above: Tensor | undefined, code: Tensor) =>
    above && inference !== 'bottomUp' ? concat([above, code]) : code;

  /** Places from the top, each made of d_l, [rows, features], which is absent at the top. */
  const downwards = (distribution: (group: number, above?: Tensor) => DiagonalNormal) => {
    const place = (group: number, above?: Tensor): ChainPlace => ({
      normal: distribution(group, above),
      next: (code) => place(group + 1, down[group + 1](known(above, code))),
    });
    return place(0);
  };

  const priorOf = (rows: number) => (group: number, above?: Tensor) =>
    above ? priors[group](above) : DiagonalNormal.standard([rows, sizes[group]]);

  const fromTheTop = (x: Tensor): NormalChain => {
    const features: Tensor[] = [];
    features[bottom] = trunk(x).flatten();
    for (let group = bottom - 1; group >= 0; group--) features[group] = up[group](features[group + 1]);
    return new NormalChain({
      batch: x.shape[0],
      sizes,
      start: (rows) =>
        downwards((group, above) => {
          const seen = repeatedFor(rows, features[group]);
          if (!above) return posteriors[group](seen);
          if (inference === 'ladder') return precisionMerge(posteriors[group](seen), priors[group](above));
          return posteriors[group](combine[group](concat([seen, above])));
        }),
    });
  };

  const fromTheBottom = (x: Tensor): NormalChain => {
    const place = (group: number, below: Tensor): ChainPlace => ({
      normal: posteriors[group](below),
      next: (code) => place(group - 1, up[group - 1](code)),
    });
    return new NormalChain({
      batch: x.shape[0],
      sizes,
      order: sizes.map((_, turn) => bottom - turn),
      start: (rows) => place(bottom, repeatedFor(rows, trunk(x).flatten())),
    });
  };

  const output = (codes: readonly Tensor[]): Tensor => {
    let above: Tensor | undefined;
    for (let group = 0; group < bottom; group++) above = down[group + 1](known(above, codes[group]));
    return decoder(known(above, codes[bottom]));
  };

  return {
    posterior: inference === 'bottomUp' ? fromTheBottom : fromTheTop,
    prior: (count) => new NormalChain({ batch: count, sizes, start: (rows) => downwards(priorOf(rows)) }),
    likelihood: (z) => {
      const lead = z.shape.slice(0, -1);
      const flat = output(split(z.reshape([sizeOf(lead), -1]), sizes));
      return likelihood.distribution(flat.reshape([...lead, ...likelihood.outputShape]));
    },
    likelihoodOf: (codes) => likelihood.distribution(output(codes)),
  };
}
