/**
 * Mixtures of normal distributions with full or diagonal covariances:
 *
 *   log p(z) = lse_c [ log w_c + log N(z; m_c, S_c) ],   S_c = L_c L_cᵀ or diag(e^s_c)
 *
 * A full covariance is given by L and L⁻¹, both lower triangular: draws take the one, densities the other.
 */
import { constant, logSumExp, randomNormal, randomUniform, type Tensor } from '../tensor/index.js';
import type { DrawOptions } from './distribution.js';

export type MixtureScale =
  /** L and L⁻¹, [components, d, d]. */
  | { readonly kind: 'full'; readonly factor: Tensor; readonly inverse: Tensor }
  /** Log-variances, [components, d]. */
  | { readonly kind: 'diagonal'; readonly logVar: Tensor };

export interface NormalMixtureParameters {
  /** log w of each sample's mixture, [batch, components]; that of a component it lacks may be any very negative number. */
  readonly logWeights: Tensor;
  /** [components, d] */
  readonly means: Tensor;
  readonly scale: MixtureScale;
}

const LOG_2PI = Math.log(2 * Math.PI);

export class NormalMixture {
  readonly #logWeights: Tensor;
  readonly #means: Tensor;
  readonly #scale: MixtureScale;

  constructor({ logWeights, means, scale }: NormalMixtureParameters) {
    this.#logWeights = logWeights;
    this.#means = means;
    this.#scale = scale;
  }

  /** Σ_c w_c m_c, [batch, d]. */
  get mean(): Tensor {
    return this.#logWeights.exp().matmul(this.#means);
  }

  /** A component, then a point of it, each from a stream of its own: [...draws, batch, d]. */
  sample({ stream = 'posterior', draws }: DrawOptions = {}): Tensor {
    const [batch, components] = this.#logWeights.shape;
    const size = this.#means.shape[1];
    const lead = draws === undefined ? [batch] : [draws, batch];
    const rows = lead.reduce((product, length) => product * length, 1);
    const below = this.#logWeights.exp().cumsum();
    const u = randomUniform(`${stream} component`, [...lead, 1]).mul(
      below.sliceAlong(1, components - 1, components),
    );
    // As many components lie wholly below u as there are before the one that it falls in.
    const passed = u
      .greaterEqual(below)
      .cast('float32')
      .sum(-1)
      .min(components - 1);
    const component = passed.cast('int32').reshape([rows]);
    const noise = randomNormal(stream, [rows, size]);
    const moved =
      this.#scale.kind === 'full'
        ? this.#scale.factor
            .reshape([components, size * size])
            .gather(component)
            .reshape([rows, size, size])
            .matmul(noise.expandDims(-1))
            .reshape([rows, size])
        : this.#scale.logVar.mul(0.5).exp().gather(component).mul(noise);
    return this.#means
      .gather(component)
      .add(moved)
      .reshape([...lead, size])
      .stopGradient();
  }

  /** log p(z), nats, [...draws, batch], of z [...draws, batch, d]. */
  logProb(z: Tensor): Tensor {
    const [batch, components] = this.#logWeights.shape;
    const lead = z.shape.slice(0, -1);
    const size = z.shape[z.rank - 1];
    const weights = this.#logWeights.broadcastTo([...lead.slice(0, -1), batch, components]);
    const rows = z.reshape([1, -1, size]);
    const logProbs = this.#ofComponents(rows.sub(this.#means.expandDims(1)));
    return logSumExp(weights.reshape([-1, components]).add(logProbs.transpose([1, 0])), 1).reshape(lead);
  }

  /** log N(z; m_c, S_c) of differences z − m_c [components, rows, d], [components, rows]. */
  #ofComponents(difference: Tensor): Tensor {
    const size = difference.shape[2];
    const scale = this.#scale;
    if (scale.kind === 'diagonal') {
      const logVar = scale.logVar.expandDims(1);
      const squares = difference.square().mul(logVar.neg().exp());
      return squares.add(logVar).add(LOG_2PI).sum(2).mul(-0.5);
    }
    const standard = difference.matmul(scale.inverse.swapLastAxes());
    const logDet = scale.inverse.mul(identity(size)).sum(2).log().sum(1, { keepDims: true });
    return standard.square().add(LOG_2PI).sum(2).mul(-0.5).add(logDet);
  }
}

function identity(size: number): Tensor {
  const values = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
  return constant(values, 'float32', [size, size]);
}
