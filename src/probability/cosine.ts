/**
 * Draws of w = μᵀz for z of a von Mises-Fisher distribution in R^m: p(w) ∝ e^(κw) (1 − w²)^((m−3)/2).
 *
 * With w go 1 − w and 1 + w, each computed without cancellation: near the poles w itself has lost them, and √(1 − w²)
 * is √((1 − w)(1 + w)) whose parts are positive.
 */
import {
  constant,
  iota,
  randomNormal,
  randomUniform,
  type Shape,
  type Tensor,
  takeAlongLast,
} from '../tensor/index.js';
import { gaussLegendre } from './gaussLegendre.js';

/**
 * What the derivative of a draw by κ is.
 *
 *   implicit   that of a quantile of p(w), by an integral: exact (Figurnov et al. 2018, arXiv:1805.08498)
 *   pathwise   that of the proposal's formula alone: biased, since which proposals are accepted depends on κ
 *   corrected  pathwise; the objective adds `VonMisesFisher.acceptanceScore`: unbiased, of higher variance
 */
export type CosineGradient = 'implicit' | 'corrected' | 'pathwise';

export interface Cosine {
  /** 1 − w, [...lead, 1]. */
  readonly below: Tensor;
  /** 1 + w, [...lead, 1]. */
  readonly above: Tensor;
  /**
   * log p(w) + log |∂w/∂ε|, less the log-density of the mode and what does not depend on κ, [...lead, 1]; absent where
   * nothing is rejected and w is a smooth function of noise.
   */
  readonly score?: Tensor;
}

export interface CosineDraw {
  /** [...batch, 1] */
  readonly kappa: Tensor;
  /** Shape of the draws, [...draws, ...batch]. */
  readonly lead: Shape;
  readonly stream: string;
}

export interface RejectionDraw extends CosineDraw {
  /** 1 − A(κ), [...batch, 1]. */
  readonly shortfall: Tensor;
  /** m ≥ 2 */
  readonly dimensions: number;
  readonly gradient: CosineGradient;
  readonly proposals: number;
}

/**
 * By rejection from a Beta proposal, for every m and κ: a static graph makes all proposals at once and takes the first
 * that is accepted. At 24 proposals none is in fewer than one draw of 10¹¹; then the last counts.
 *
 *   ε ~ Beta((m−1)/2, (m−1)/2),  1 − w = 2bε/D,  1 + w = 2(1−ε)/D,  D = (1−ε) + bε,  t = 2ab/D
 *   accepted where (m−1) log t − t + c ≥ log u
 *
 * Wood 1994, algorithm VM*. b is written so that it does not cancel for large κ.
 */
export function cosineByRejection(draw: RejectionDraw): Cosine {
  const { kappa, lead, stream, dimensions: m, proposals, gradient } = draw;
  const root = kappa
    .square()
    .mul(4)
    .add((m - 1) ** 2)
    .sqrt();
  const sum = kappa.mul(2).add(root);
  const b = constant(m - 1).div(sum);
  const a = sum.add(m - 1).mul(0.25);
  const c = a
    .mul(b)
    .mul(4)
    .div(b.add(1))
    .sub((m - 1) * Math.log(m - 1));

  const epsilon = betaProposals(`${stream}/proposals`, [...lead, proposals], m);
  const t = a
    .mul(b)
    .mul(2)
    .div(epsilon.complement.add(b.mul(epsilon.value)));
  const logRatio = t
    .log()
    .mul(m - 1)
    .sub(t)
    .add(c)
    .stopGradient();
  const isAccepted = logRatio.greaterEqual(randomUniform(`${stream}/acceptance`, [...lead, proposals]).log());
  const isLast = iota([proposals]).equal(constant(proposals - 1, 'int32'));
  const first = isAccepted.or(isLast).cast('float32').argMax().expandDims(-1);
  const [value, complement] = [epsilon.value, epsilon.complement].map((e) => takeAlongLast(e, first));

  const D = complement.add(b.mul(value));
  const below = b.mul(value).mul(2).div(D);
  const above = complement.mul(2).div(D);
  const score = below
    .mul(above)
    .log()
    .mul((m - 3) / 2)
    .sub(kappa.mul(below))
    .add(b.log())
    .sub(D.log().mul(2));
  if (gradient !== 'implicit') return { below, above, score };
  const w = { below: below.stopGradient(), above: above.stopGradient() };
  const slope = quantileSlope({ ...w, kappa, shortfall: draw.shortfall, dimensions: m }).stopGradient();
  const move = slope.mul(kappa.sub(kappa.stopGradient()));
  return { below: w.below.sub(move), above: w.above.add(move), score };
}

/** ε = (1 + g₁/‖g‖)/2 of normal g in R^m, and 1 − ε: the smaller one as (g₂² + … + g_m²) / (2‖g‖ (‖g‖ + |g₁|)). */
function betaProposals(stream: string, shape: Shape, m: number): { value: Tensor; complement: Tensor } {
  const g = randomNormal(stream, [...shape, m]);
  const along = g.sliceAlong(-1, 0, 1).sum(-1);
  // Kept above 0, so that neither pole is ever reached.
  const across = g.sliceAlong(-1, 1, m).square().sum(-1).max(1e-20);
  const length = along.square().add(across).sqrt();
  const reach = along.abs().add(length);
  const smaller = across.div(length.mul(reach).mul(2));
  const larger = reach.div(length.mul(2));
  const isAhead = along.greater(0);
  return { value: isAhead.where(larger, smaller), complement: isAhead.where(smaller, larger) };
}

/** In three dimensions 1 − w = −log(1 − V (1 − e^−2κ)) / κ, V uniform in (0, 1): smooth in κ, nothing is rejected. */
export function cosineInThreeDimensions({ kappa, lead, stream }: CosineDraw): Cosine {
  // Off both ends by a rounding of float32: there w = ±1, where √(1 − w²) has no derivative.
  const v = randomUniform(`${stream}/cosine`, [...lead, 1])
    .mul(1 - 2 ** -22)
    .add(2 ** -23);
  const below = v
    .mul(kappa.mul(-2).expm1())
    .log1p()
    .neg()
    .div(kappa)
    .min(2 - 2 ** -22);
  return { below, above: below.neg().add(2) };
}

const quadrature = gaussLegendre(32);

/**
 * ∂w/∂κ at a fixed quantile: ∫_w^1 (t − A) p(t) dt / p(w), always positive.
 *
 * With s = 1 − |w|, t = ±(1 − s x²) and x ∈ [0, 1]: for w ≤ 0 the integral over the other side, which is its negative.
 * The factors of p(t)/p(w) are multiplied as logarithms: alone, each can overflow.
 *
 * @returns [...lead, 1]
 */
export function quantileSlope({
  below,
  above,
  kappa,
  shortfall,
  dimensions: m,
}: {
  below: Tensor;
  above: Tensor;
  kappa: Tensor;
  shortfall: Tensor;
  dimensions: number;
}): Tensor {
  const squares = constant(quadrature.nodes.map((x) => x * x));
  const powers = constant(quadrature.nodes.map((x) => (m - 2) * Math.log(x)));
  const weights = constant(quadrature.weights);
  const isAhead = below.lessEqual(above);
  const s = isAhead.where(below, above);
  const depth = s.mul(squares);
  const exponent = isAhead
    .where(kappa, kappa.neg())
    .mul(s.sub(depth))
    .add(
      depth
        .neg()
        .add(2)
        .div(s.neg().add(2))
        .log()
        .mul((m - 3) / 2),
    )
    .add(powers);
  const distance = isAhead.where(shortfall, shortfall.neg().add(2)).sub(depth);
  return exponent.exp().mul(distance).mul(weights).sum(-1, { keepDims: true }).mul(s).mul(2);
}
