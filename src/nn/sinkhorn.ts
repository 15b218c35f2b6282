/**
 * The Sinkhorn divergence, a smooth stand-in for the earth mover's distance:
 *
 *   S_ε(a, b) = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b),   OT_ε = min_π Σ π_ij ‖a_i − b_j‖ + ε KL(π ‖ 1/n ⊗ 1/m)
 *
 * with every point of a cloud weighing the same. The last two terms take the bias of ε off: S_ε(a, a) = 0. It tends to the mean
 * earth mover's distance as ε → 0, and to an energy distance as ε → ∞.
 *
 * Source: Feydy et al., AISTATS 2019 (arXiv:1810.08278), §3: potentials f and g by averaged updates in the log domain, ε coming
 * down from the clouds' size.
 */
import { logMeanExp, ShapeError, type Tensor, zeros } from '../tensor/index.js';
import { lengths, requireClouds, squaredDistances } from './cloudDistances.js';

export interface SinkhornOptions {
  /** ε, a length: differences of position well below it are not seen. @default 0.02 */
  readonly epsilon?: number;
  /** Updates of the potentials. The smaller ε, the more are needed. @default 30 */
  readonly iterations?: number;
}

/** Where ε starts: the diameter of the unit sphere, in which clouds lie. */
const DIAMETER = 2;
/** Of the updates, how many bring ε down; the others are made at its last value. */
const DESCENT = 2 / 3;

/**
 * S_ε, [batch]. The potentials are held constant for the gradient but for one last update of each, through which alone the
 * points are moved: at their fixed point that is the whole gradient (Feydy et al., §3.3), and memory does not grow with the
 * number of iterations.
 *
 * @param a [batch, n, dimensions]
 * @param b [batch, m, dimensions]
 * @throws ShapeError if they are no batches of clouds in one space
 * @throws RangeError if ε is not positive, or there are no iterations
 */
export function sinkhorn(
  a: Tensor,
  b: Tensor,
  { epsilon = 0.02, iterations = 30 }: SinkhornOptions = {},
): Tensor {
  requireClouds('sinkhorn', a, b);
  if (a.shape[1] === 0 || b.shape[1] === 0) throw new ShapeError('sinkhorn', 'a cloud has no points');
  if (!(epsilon > 0)) throw new RangeError(`sinkhorn: epsilon ${epsilon} is not positive`);
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new RangeError(`sinkhorn: ${iterations} iterations; take 1 or more`);
  const [fixedA, fixedB] = [a.stopGradient(), b.stopGradient()];
  const schedule = epsilons(epsilon, iterations);
  const { f, g } = potentials(distances(fixedA, fixedB), schedule);
  const { f: self } = potentials(distances(fixedA, fixedA), schedule);
  const { f: otherSelf } = potentials(distances(fixedB, fixedB), schedule);
  const ofA = softMin(distances(a, fixedB), g, epsilon).sub(softMin(distances(a, fixedA), self, epsilon));
  const ofB = softMin(distances(b, fixedA), f, epsilon).sub(
    softMin(distances(b, fixedB), otherSelf, epsilon),
  );
  return ofA.mean(1).add(ofB.mean(1));
}

function distances(a: Tensor, b: Tensor): Tensor {
  return lengths(squaredDistances(a, b));
}

/** ε for each update: from the diameter down to its last value by equal factors, and on at that value. */
function epsilons(last: number, iterations: number): number[] {
  const descent = Math.floor(DESCENT * iterations);
  const start = Math.max(DIAMETER, last);
  return Array.from({ length: iterations }, (_, i) =>
    i < descent ? start * (last / start) ** (i / descent) : last,
  );
}

/** f [batch, n] and g [batch, m] of OT_ε for costs [batch, n, m]; no gradient flows through them. */
function potentials(cost: Tensor, schedule: readonly number[]): { f: Tensor; g: Tensor } {
  const turned = cost.swapLastAxes();
  const [batch, n, m] = cost.shape;
  let [f, g] = [zeros([batch, n]), zeros([batch, m])];
  for (const epsilon of schedule) {
    // Both from the old ones, and half way: for a cloud and itself f and g stay equal.
    const [nextF, nextG] = [softMin(cost, g, epsilon), softMin(turned, f, epsilon)];
    f = f.add(nextF).mul(0.5);
    g = g.add(nextG).mul(0.5);
  }
  return { f: f.stopGradient(), g: g.stopGradient() };
}

/** −ε log 1/m Σ_j e^((g_j − c_ij) / ε), [batch, n]. */
function softMin(cost: Tensor, g: Tensor, epsilon: number): Tensor {
  return logMeanExp(
    g
      .expandDims(1)
      .sub(cost)
      .mul(1 / epsilon),
    2,
  ).mul(-epsilon);
}
