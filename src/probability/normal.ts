/**
 * Normal distributions with independent coordinates.
 *
 *   log N(x; m, e^s) = −½ Σ_j [ log 2π + s_j + (x_j − m_j)² e^(−s_j) ]
 */
import { randomNormal, type Shape, type Tensor, zeros } from '../tensor/index.js';
import { type DrawOptions, type Reparameterised, requireEvent, sumEvent } from './distribution.js';

const LOG_2PI = Math.log(2 * Math.PI);

export interface DiagonalNormalParameters {
  /** [...batch, ...event] */
  mean: Tensor;
  /** Log-variance, of a shape that broadcasts to the mean's. */
  logVar: Tensor;
  /** Number of event axes. @default all but the first */
  eventRank?: number;
}

export class DiagonalNormal implements Reparameterised {
  readonly mean: Tensor;
  readonly logVar: Tensor;
  readonly eventRank: number;
  readonly takesTemperature = true;

  constructor({ mean, logVar, eventRank = mean.rank - 1 }: DiagonalNormalParameters) {
    this.mean = mean;
    this.logVar = logVar;
    this.eventRank = eventRank;
  }

  /** N(0, I) over [batch, ...event]. */
  static standard(shape: Shape): DiagonalNormal {
    return new DiagonalNormal({ mean: zeros(shape), logVar: zeros(shape) });
  }

  get deviation(): Tensor {
    return this.logVar.mul(0.5).exp();
  }

  /** z = m + e^(s/2) ε, ε ~ N(0, I). Kingma & Welling 2014, §2.4. */
  rsample({ stream = 'posterior', draws, temperature = 1 }: DrawOptions = {}): Tensor {
    const shape = draws === undefined ? this.mean.shape : [draws, ...this.mean.shape];
    const noise = randomNormal(stream, shape);
    return this.mean.add(this.deviation.mul(temperature === 1 ? noise : noise.mul(temperature)));
  }

  sample(options?: DrawOptions): Tensor {
    return this.rsample(options).stopGradient();
  }

  logProb(x: Tensor): Tensor {
    return this.nll(x).neg();
  }

  /** @throws ShapeError if the event of x has another shape than the mean's */
  nll(x: Tensor): Tensor {
    requireEvent('DiagonalNormal', this.mean.shape, x, this.eventRank);
    return sumEvent(this.#terms(x), this.eventRank).mul(0.5);
  }

  /** −log p of the coordinates at which `observed` is 1, and not 0. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    requireEvent('DiagonalNormal', this.mean.shape, x, this.eventRank);
    return sumEvent(this.#terms(x).mul(observed), this.eventRank).mul(0.5);
  }

  #terms(x: Tensor): Tensor {
    const squares = x.sub(this.mean).square().mul(this.logVar.neg().exp());
    // The log-variance may be one number for many coordinates: it counts once for each of them.
    return squares.add(this.logVar).add(LOG_2PI);
  }

  /** ½ Σ_j (1 + log 2π + s_j), nats, [...batch]. */
  entropy(): Tensor {
    const terms = this.logVar.broadcastTo(this.mean.shape).add(1 + LOG_2PI);
    return sumEvent(terms, this.eventRank).mul(0.5);
  }
}
