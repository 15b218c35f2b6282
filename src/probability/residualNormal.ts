/**
 * Normal distributions given relative to one another, so that "nothing new" is the network's zero (Vahdat & Kautz 2020,
 * §3.2, arXiv:2007.03898): with a prior N(μ, σ²),
 *
 *   q = N(μ + Δμ, (σ Δσ)²),   KL(q ‖ p) = ½ Σ [ Δμ²/σ² + Δσ² − log Δσ² − 1 ].
 */
import type { Tensor } from '../tensor/index.js';
import { DiagonalNormal } from './normal.js';

/** What networks give: μ and log σ, or Δμ and log Δσ. */
export interface NormalOutputs {
  readonly mean: Tensor;
  readonly logDeviation: Tensor;
}

/** (μ + Δμ, log σ + log Δσ). */
export function residual(base: NormalOutputs, delta: NormalOutputs): NormalOutputs {
  return {
    mean: base.mean.add(delta.mean),
    logDeviation: base.logDeviation.add(delta.logDeviation),
  };
}

export function normalOf({ mean, logDeviation }: NormalOutputs): DiagonalNormal {
  return new DiagonalNormal({ mean, logVar: logDeviation.mul(2) });
}

const BOUND = 5;
const SMALLEST_DEVIATION = 0.01;

/**
 * As the reference implementation has it: μ and log σ, after all sums, softly within ±5, and then σ + 0.01. The KL of two
 * such distributions is that of their parameters; the formula above holds only where no bound is felt.
 */
export function boundedNormalOf({ mean, logDeviation }: NormalOutputs): DiagonalNormal {
  const deviation = bounded(logDeviation).exp().add(SMALLEST_DEVIATION);
  return new DiagonalNormal({ mean: bounded(mean), logVar: deviation.log().mul(2) });
}

const bounded = (x: Tensor) =>
  x
    .mul(1 / BOUND)
    .tanh()
    .mul(BOUND);
