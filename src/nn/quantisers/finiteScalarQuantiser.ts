/**
 * Finite scalar quantisation: each of a few numbers is rounded to one of L levels, and all combinations together are the
 * codebook, which nothing has to learn.
 *
 *   h = (L − 1)(1 + ε) / 2,   o = ½ for even L, else 0,   s = atanh(o / h)
 *   f(z) = h tanh(z + s) − o,   z_q = round(f(z)) / ⌊L / 2⌋,   ∂ round / ∂ f := 1
 *
 * The shift makes f(0) = 0 where an even number of levels has none in the middle. The authors' code has s = tan(o / h) there,
 * with which f(0) is not 0; for L = 2 that is tan(0.999) = 1.56 in the place of atanh(0.999) = 3.8.
 *
 * Source: Mentzer et al. 2023, §3 and appendix A.1 (arXiv:2309.15505).
 */
import { concat, constant, ShapeError, show, type Tensor, withGradientOf } from '../../tensor/index.js';
import type { Quantiser } from './quantiser.js';

/** ε, without which the outer levels would lie where tanh never comes. */
const REACH = 1e-3;
/** Indices below this, and halves beside them, are exact in float32. */
const MOST_CODES = 2 ** 22;

/**
 * @param levels L of each number
 * @throws RangeError if a number has fewer than two levels, or there are more combinations than float32 can count
 */
export function finiteScalarQuantiser(levels: readonly number[]): Quantiser {
  const size = levels.reduce((product, level) => product * level, 1);
  if (levels.length === 0 || levels.some((level) => !Number.isInteger(level) || level < 2))
    throw new RangeError(`finiteScalarQuantiser: ${show(levels)} are no numbers of levels, 2 or more each`);
  if (size > MOST_CODES)
    throw new RangeError(
      `finiteScalarQuantiser: levels ${show(levels)} make ${size} codes; ${MOST_CODES} are the most`,
    );
  const reach = levels.map((level) => ((level - 1) * (1 + REACH)) / 2);
  const offsets = levels.map((level) => (level % 2 === 0 ? 0.5 : 0));
  const shifts = offsets.map((offset, i) => Math.atanh(offset / reach[i]));
  const halves = levels.map((level) => Math.floor(level / 2));
  // The first number counts fastest.
  const places = levels.map((_, i) => levels.slice(0, i).reduce((product, level) => product * level, 1));
  const row = (values: readonly number[]) => constant(values);
  const bounded = (z: Tensor) => z.add(row(shifts)).tanh().mul(row(reach)).sub(row(offsets));
  const scaled = (level: Tensor) => level.div(row(halves));
  return {
    dimension: levels.length,
    sizes: [size],
    quantise(z) {
      if (z.shape[z.rank - 1] !== levels.length)
        throw new ShapeError(
          'finiteScalarQuantiser',
          `there are levels for ${levels.length} numbers but the vectors have shape ${show(z.shape)}`,
        );
      const before = bounded(z);
      const after = before.add(0.5).floor();
      const indices = after.add(row(halves)).mul(row(places)).sum(-1).cast('int32');
      return {
        code: scaled(withGradientOf(after, before)),
        choices: [{ indices, before: scaled(before), after: scaled(after) }],
      };
    },
    lookup([indices]) {
      const index = indices.cast('float32').expandDims(-1);
      const digits = levels.map((level, i) => {
        const rest = wholes(index, places[i]);
        return rest.sub(wholes(rest, level).mul(level)).sub(halves[i]);
      });
      return scaled(concat(digits));
    },
  };
}

/** ⌊n / by⌋ of whole numbers; the half keeps rounding away from the next one. */
function wholes(n: Tensor, by: number): Tensor {
  return n.add(0.5).div(by).floor();
}
