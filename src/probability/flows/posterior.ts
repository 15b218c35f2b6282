/** A posterior that is a normal distribution bent by a flow: z = F(y), y ~ N(m(x), e^s(x)). */
import type { Tensor } from '../../tensor/index.js';
import type { DrawOptions, Reparameterised } from '../distribution.js';
import type { DiagonalNormal } from '../normal.js';
import { contextRows, type Flow } from './flow.js';

export interface FlowPosteriorParameters {
  /** Distribution of y, [batch, ...event]. */
  readonly base: DiagonalNormal;
  readonly flow: Flow;
  /** What the flow is conditioned on, [batch, n]. */
  readonly context?: Tensor;
}

export class FlowPosterior implements Reparameterised {
  readonly eventRank = 1;
  readonly #base: DiagonalNormal;
  readonly #flow: Flow;
  readonly #context: Tensor | undefined;

  constructor({ base, flow, context }: FlowPosteriorParameters) {
    this.#base = base;
    this.#flow = flow;
    this.#context = context;
  }

  /** F(m), which stands for the distribution where one code is wanted: its mean has no closed form. */
  get mean(): Tensor {
    return this.#flow.forward(this.#base.mean, this.#context).z;
  }

  /** A draw z [...draws, batch, d] with the y it came from and log q(z), without inverting F. */
  draw(options: DrawOptions = {}): { y: Tensor; z: Tensor; logProb: Tensor } {
    const y = this.#base.rsample(options);
    const { z, logDet } = this.#forward(y);
    return { y, z, logProb: this.#base.logProb(y).sub(logDet) };
  }

  rsample(options?: DrawOptions): Tensor {
    return this.draw(options).z;
  }

  sample(options?: DrawOptions): Tensor {
    return this.rsample(options).stopGradient();
  }

  logProb(z: Tensor): Tensor {
    const lead = z.shape.slice(0, -1);
    const rows = z.reshape([-1, z.shape[z.rank - 1]]);
    const y = this.#flow.inverse(rows, contextRows(this.#context, rows.shape[0]));
    const back = y.reshape([...lead, ...this.#base.mean.shape.slice(1)]);
    return this.#base.logProb(back).sub(this.#forward(back).logDet);
  }

  nll(z: Tensor): Tensor {
    return this.logProb(z).neg();
  }

  /** F of y [...draws, batch, ...event], all draws as one batch. */
  #forward(y: Tensor): { z: Tensor; logDet: Tensor } {
    const event = this.#base.mean.shape.slice(1);
    const lead = y.shape.slice(0, y.rank - event.length);
    const rows = y.reshape([-1, ...event]);
    const { z, logDet } = this.#flow.forward(rows, contextRows(this.#context, rows.shape[0]));
    return { z: z.reshape([...lead, -1]), logDet: logDet.reshape(lead) };
  }
}
