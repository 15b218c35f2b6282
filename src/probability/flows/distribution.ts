/** The distribution of what a flow makes standard normal: log p(z) = log N(F(z); 0, I) + log |det ∂F/∂z|. */
import { randomNormal, type Tensor, zeros } from '../../tensor/index.js';
import type { DrawOptions } from '../distribution.js';
import { DiagonalNormal } from '../normal.js';
import { contextRows, type Flow } from './flow.js';

export interface FlowDistributionParameters {
  /** F, from z to what is standard normal. */
  readonly flow: Flow;
  /** [batch, d] of the distribution. */
  readonly shape: readonly [batch: number, size: number];
  /** What F is conditioned on, [batch, n]. */
  readonly context?: Tensor;
}

export class FlowDistribution {
  readonly #parameters: FlowDistributionParameters;

  constructor(parameters: FlowDistributionParameters) {
    this.#parameters = parameters;
  }

  /** What the middle of the normal distribution stands for, [batch, d]: the mean has no closed form. */
  get mean(): Tensor {
    const { flow, shape, context } = this.#parameters;
    return flow.inverse(zeros(shape), context);
  }

  /** [...draws, batch, d] */
  sample({ stream = 'posterior', draws }: DrawOptions = {}): Tensor {
    const { flow, shape, context } = this.#parameters;
    const full = draws === undefined ? shape : [draws, ...shape];
    const rows = randomNormal(stream, full).reshape([-1, shape[1]]);
    return flow.inverse(rows, contextRows(context, rows.shape[0])).reshape(full).stopGradient();
  }

  /** log p(z), nats, [...draws, batch], of z [...draws, batch, d]. */
  logProb(z: Tensor): Tensor {
    const { flow, shape, context } = this.#parameters;
    const rows = z.reshape([-1, shape[1]]);
    const { z: standard, logDet } = flow.forward(rows, contextRows(context, rows.shape[0]));
    return DiagonalNormal.standard(standard.shape)
      .logProb(standard)
      .add(logDet)
      .reshape(z.shape.slice(0, -1));
  }
}
