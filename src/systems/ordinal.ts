/**
 * Cumulative logits for values that are ordered but not measured (McCullagh 1980): level j of L is taken with
 *
 *   P(j) = S(t_j − η) − S(t_{j−1} − η),   t_{−1} = −∞ < t_0 < … < t_{L−2} < t_{L−1} = ∞
 *
 * where S is the logistic function, η says where a sample lies, and the thresholds t are learned.
 */
import { filled, type Scope } from '../nn/index.js';
import { concat, type Tensor, zeros } from '../tensor/index.js';

/** Neighbouring thresholds keep this distance, or a level that no sample has would get a log-probability of −∞. */
const SMALLEST_GAP = 1e-6;
/** softplus of this is 1: thresholds start a unit apart. */
const UNIT_GAP = Math.log(Math.E - 1);

/** log P(j), [..., levels], from η [..., 1]. */
export function ordinalLogShares(levels: number, scope: Scope): (eta: Tensor) => Tensor {
  if (levels < 2) return (eta) => zeros(eta.shape);
  const first = scope.variable('threshold', [1], filled(-(levels - 2) / 2));
  if (levels === 2) return (eta) => logShares(first.sub(eta), []);
  const gaps = scope
    .variable('gaps', [levels - 2], filled(UNIT_GAP))
    .softplus()
    .add(SMALLEST_GAP);
  const thresholds = concat([first, first.add(gaps.cumsum())]);
  return (eta) => logShares(thresholds.sub(eta), [gaps.neg().expm1().neg().log()]);
}

/**
 * With a = t_j − η and b = t_{j−1} − η,
 *
 *   log [S(a) − S(b)] = log S(a) + log S(−b) + log(1 − e^−(a−b))
 *
 * keeps its value and gradient however far η is off, where the difference itself rounds to 0.
 *
 * @param logits   t_j − η, [..., levels − 1]
 * @param openings log(1 − e^−gap) of the levels between two thresholds, [levels − 2], if there are any
 */
function logShares(logits: Tensor, openings: readonly Tensor[]): Tensor {
  const none = zeros([...logits.shape.slice(0, -1), 1]);
  const below = concat([logits.neg().softplus().neg(), none]);
  const above = concat([none, logits.softplus().neg()]);
  return below.add(above).add(concat([zeros([1]), ...openings, zeros([1])]));
}
