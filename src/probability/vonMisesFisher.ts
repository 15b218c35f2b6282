/**
 * Von Mises-Fisher distributions on the unit sphere of R^m, and the uniform distribution there.
 *
 *   p(z) = C(κ) e^(κ μᵀz),   ‖μ‖ = ‖z‖ = 1
 *
 * A draw is w e₁ + √(1 − w²) v, with w = μᵀz from `cosine.ts` and v uniform on the sphere across e₁, reflected so that
 * e₁ lands on μ. Source: Davidson et al. 2018, algorithm 1 (arXiv:1804.00891).
 */
import {
  broadcastShapes,
  concat,
  constant,
  fill,
  oneHot,
  randomNormal,
  type Shape,
  ShapeError,
  sameShape,
  show,
  type Tensor,
  zeros,
} from '../tensor/index.js';
import { logSphereArea } from './bessel.js';
import { type BesselTable, besselTable, SMALLEST_CONCENTRATION } from './besselTable.js';
import { type Cosine, type CosineGradient, cosineByRejection, cosineInThreeDimensions } from './cosine.js';
import { type Distribution, type DrawOptions, type Reparameterised, requireEvent } from './distribution.js';

export interface VonMisesFisherParameters {
  /** μ, unit vectors [...batch, m] of two dimensions or more. */
  direction: Tensor;
  /** κ > 0, [...batch, 1]. Below 1e-3 it counts as 1e-3, where the distribution is uniform to 1e-6 nats. */
  concentration: Tensor;
  /** What ∂z/∂κ is; of no effect for m = 3, whose draws are a formula. @default 'implicit' */
  gradient?: CosineGradient;
  /** Proposals per draw: each is accepted with a probability of 0.65 or more. @default 24 */
  proposals?: number;
}

export class VonMisesFisher implements Reparameterised {
  readonly eventRank = 1;
  readonly direction: Tensor;
  readonly concentration: Tensor;
  readonly #table: BesselTable;
  readonly #gradient: CosineGradient;
  readonly #proposals: number;

  /** @throws ShapeError if there is not one concentration for each direction */
  constructor({ direction, concentration, gradient = 'implicit', proposals = 24 }: VonMisesFisherParameters) {
    const m = direction.shape[direction.rank - 1];
    const one = [...direction.shape.slice(0, -1), 1];
    if (!sameShape(concentration.shape, one)) {
      const needed = `directions ${show(direction.shape)} need concentrations ${show(one)}`;
      throw new ShapeError('VonMisesFisher', `${needed} but got ${show(concentration.shape)}`);
    }
    this.#table = besselTable(m);
    this.direction = direction;
    this.concentration = concentration.max(SMALLEST_CONCENTRATION);
    this.#gradient = gradient;
    this.#proposals = proposals;
  }

  /** A(κ) μ, inside the sphere. */
  get mean(): Tensor {
    return this.direction.mul(this.#table.shortfall(this.concentration).neg().add(1));
  }

  rsample(options: DrawOptions = {}): Tensor {
    const { below, above } = this.#cosine(options);
    const along = above.sub(below).mul(0.5);
    const across = below.mul(above).sqrt();
    const tangent = this.#tangent(options);
    return this.#turned(concat([along, across.mul(tangent)]));
  }

  sample(options?: DrawOptions): Tensor {
    return this.rsample(options).stopGradient();
  }

  /**
   * Of the draw with the same options, a number whose derivative by κ is that of log p(w) + log |∂w/∂ε|. What pathwise
   * gradients of E[f(z)] lack is E[f(z) · this derivative]. Naesseth et al. 2017, eq. 6 (arXiv:1610.05683).
   *
   * @returns [...draws, ...batch]
   */
  acceptanceScore(options: DrawOptions = {}): Tensor {
    const { score } = this.#cosine(options);
    return score
      ? score.add(this.#table.logModeDensity(this.concentration)).sum(-1)
      : zeros(this.#lead(options.draws));
  }

  /** @throws ShapeError if the event of z has another length than μ */
  logProb(z: Tensor): Tensor {
    requireEvent('VonMisesFisher', this.direction.shape, z, 1);
    // κ (μᵀz − 1) as −κ/2 ‖z − μ‖²: on the sphere the same, and large κ cost it no digits.
    const distance = z.sub(this.direction).square().sum(-1, { keepDims: true });
    const mode = this.#table.logModeDensity(this.concentration);
    return mode.sub(this.concentration.mul(0.5).mul(distance)).sum(-1);
  }

  nll(z: Tensor): Tensor {
    return this.logProb(z).neg();
  }

  /** KL to the uniform distribution, nats, [...batch]: κ A(κ) + log C(κ) + log area. No other has a closed form. */
  klTo(p: object): Tensor | undefined {
    return p instanceof UniformSphere ? this.#table.kl(this.concentration).sum(-1) : undefined;
  }

  #lead(draws: number | undefined): Shape {
    const batch = this.direction.shape.slice(0, -1);
    return draws === undefined ? batch : [draws, ...batch];
  }

  #cosine({ stream = 'posterior', draws }: DrawOptions): Cosine {
    const kappa = this.concentration;
    const dimensions = this.direction.shape[this.direction.rank - 1];
    const lead = this.#lead(draws);
    if (dimensions === 3) return cosineInThreeDimensions({ kappa, lead, stream });
    const shortfall = this.#table.shortfall(kappa);
    const [gradient, proposals] = [this.#gradient, this.#proposals];
    return cosineByRejection({ kappa, shortfall, dimensions, lead, stream, gradient, proposals });
  }

  /** Unit vectors [...lead, m − 1], uniform. */
  #tangent({ stream = 'posterior', draws }: DrawOptions): Tensor {
    const m = this.direction.shape[this.direction.rank - 1];
    const g = randomNormal(`${stream}/tangent`, [...this.#lead(draws), m - 1]);
    return m === 2 ? g.less(0).where(-1, 1) : unit(g);
  }

  /** z reflected in the plane between e₁ and μ: z − 2 q qᵀz / qᵀq, q = e₁ − μ. */
  #turned(z: Tensor): Tensor {
    const m = this.direction.shape[this.direction.rank - 1];
    const q = oneHot(constant(0, 'int32'), m).sub(this.direction);
    const projection = q.mul(z).sum(-1, { keepDims: true });
    const length = q.square().sum(-1, { keepDims: true }).max(1e-12);
    return z.sub(q.mul(projection.mul(2)).div(length));
  }
}

/** The uniform distribution on spheres in R^m, over codes [...batch, m]. */
export class UniformSphere implements Distribution {
  readonly eventRank = 1;
  readonly mean: Tensor;

  /** @param shape [...batch, m] */
  constructor(shape: Shape) {
    this.mean = zeros(shape);
  }

  sample({ stream = 'posterior', draws }: DrawOptions = {}): Tensor {
    const { shape } = this.mean;
    return unit(randomNormal(stream, draws === undefined ? shape : [draws, ...shape]));
  }

  /** @throws ShapeError if the event of z has another length than m */
  logProb(z: Tensor): Tensor {
    return this.nll(z).neg();
  }

  nll(z: Tensor): Tensor {
    requireEvent('UniformSphere', this.mean.shape, z, 1);
    const lead = broadcastShapes('UniformSphere', z.shape, this.mean.shape).slice(0, -1);
    return fill(lead, logSphereArea(this.mean.shape[this.mean.rank - 1]));
  }
}

/** x / ‖x‖ along the last axis; 0 stays 0. */
export function unit(x: Tensor): Tensor {
  return x.div(x.square().sum(-1, { keepDims: true }).add(1e-12).sqrt());
}
