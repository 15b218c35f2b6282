/**
 * What two independent normal opinions about one number make together: the normalised product of their densities,
 *
 *   v = 1 / (1/v_a + 1/v_b),   m = v (m_a/v_a + m_b/v_b).
 *
 * Source: Sønderby et al. 2016, eq. 17-19 (arXiv:1602.02282).
 */
import { requireEvent } from './distribution.js';
import { DiagonalNormal } from './normal.js';

/**
 * Computed in log-variances s, where nothing overflows: s = s_a − softplus(s_a − s_b), and a's share of the mean is
 * v_b / (v_a + v_b) = sigmoid(s_b − s_a).
 *
 * @throws ShapeError if the two are over events of different shapes
 */
export function precisionMerge(a: DiagonalNormal, b: DiagonalNormal): DiagonalNormal {
  requireEvent('precisionMerge', a.mean.shape, b.mean, a.eventRank);
  const lead = a.logVar.sub(b.logVar);
  const mean = b.mean.add(lead.neg().sigmoid().mul(a.mean.sub(b.mean)));
  return new DiagonalNormal({
    mean,
    logVar: a.logVar.sub(lead.softplus()),
    eventRank: a.eventRank,
  });
}
