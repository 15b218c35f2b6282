/**
 * Weights that keep every group of a hierarchy in use while the KL is warmed up (Vahdat & Kautz 2020, appendix A,
 * arXiv:2007.03898): a group's weight grows with what it carries, so that none is paid for before it is of use.
 *
 *   γ_l ∝ sg(mean_b |KL_l| + 0.01) / α_l,   mean of γ_l over the groups = 1
 *
 * α_l is for the size of a group: (2^i)² / (groups of its scale), i counting scales from the top, over the smallest.
 */
import { stack, type Tensor } from '../tensor/index.js';

/** Keeps a group that carries nothing in play. */
const LEAST = 0.01;

/** @param groups number of groups of every scale, from the top */
export function balanceScales(groups: readonly number[]): number[] {
  const scales = groups.flatMap((count, scale) => new Array<number>(count).fill(4 ** scale / count));
  const smallest = Math.min(...scales);
  return scales.map((scale) => scale / smallest);
}

/**
 * γ_l, [groups], through which no gradient flows.
 *
 * @param kls    of every group, [batch]
 * @param scales α_l
 */
export function klBalance(kls: readonly Tensor[], scales: readonly number[]): Tensor {
  const shares = kls.map((kl, group) =>
    kl
      .abs()
      .mean()
      .add(LEAST)
      .mul(1 / scales[group]),
  );
  const all = stack(shares).stopGradient();
  return all.div(all.mean());
}
