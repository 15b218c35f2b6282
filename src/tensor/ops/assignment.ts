/** The primitive that matches two lists one to one. */
import { ShapeError, show } from '../shape.js';
import { type Rule, requireDType } from './rule.js';

/**
 * Which column each row of cost [batch, n, n] is given, so that every column is given once and the costs of the pairs sum
 * to almost the least there is; int32 [batch, n]. It has no gradient: an optimal matching does not move with the costs.
 *
 * All engines run the same auction (Bertsekas 1988) on the same numbers in double precision: prices p_j of 0, a raise ε from a
 * quarter of the costs' spread, divided by 4 in each phase down to its last value. In a phase rows that have no column bid
 * for the j of least c_ij + p_j, which costs them second best − best + ε more than before and puts out whoever held it. The
 * sum is then at most n ε above the least, with ε = tolerance · (mean cost − least cost) in the end, and at least
 * n 2⁻⁴⁸ of the spread, so that every bid counts and the auction ends.
 *
 * Where a cost of a matrix is NaN or ±∞, or all are equal, row i is given column i.
 */
export const assignment: Rule<{ tolerance: number }> = {
  infer([cost], { tolerance }) {
    requireDType('assignment', cost, 'float32');
    const [batch, rows, columns] = cost.shape;
    if (cost.rank !== 3 || rows !== columns) {
      throw new ShapeError('assignment', `needs costs of shape [batch, n, n] but got ${show(cost.shape)}`);
    }
    if (!(tolerance > 0 && tolerance <= 1))
      throw new ShapeError('assignment', `tolerance ${tolerance} is not in (0, 1]`);
    return { shape: [batch, rows], dtype: 'int32' };
  },
};
