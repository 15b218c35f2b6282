/**
 * Pictures spoilt for a background model, which is to learn what any picture has and not what these are of: every number
 * becomes, with probability μ, a level that is drawn uniformly, in what the model is given and in what it has to explain alike.
 *
 * Source: Ren et al., NeurIPS 2019 (arXiv:1906.02845).
 */
import { pictureOf } from '../data/index.js';
import { type DataDescription, KINDS, OptionError } from '../systems/index.js';
import { randomUniform, type Tensor } from '../tensor/index.js';

const LEVELS = 256;

/**
 * @param x     [batch, ...shape], values in [0, 1] or missing, which they stay
 * @param share μ
 * @returns x itself where μ is 0
 * @throws OptionError if the data are no pictures
 */
export function perturbed({ spec, binarise, holes }: DataDescription, x: Tensor, share: number): Tensor {
  if (share === 0) return x;
  const picture = pictureOf(spec);
  if (!picture) throw new OptionError('perturb', `has no effect on ${KINDS[spec.kind]}; leave it out`);
  const levels = binarise !== 'none' ? 2 : picture.dtype === 'uint8' ? LEVELS : undefined;
  const drawn = randomUniform('perturbing levels', x.shape);
  const other =
    levels === undefined
      ? drawn
      : drawn
          .mul(levels)
          .floor()
          .div(levels - 1);
  const spoilt = randomUniform('perturbed', x.shape).less(share).where(other, x);
  return holes ? x.isFinite().where(spoilt, x) : spoilt;
}
