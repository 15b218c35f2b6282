/** Flows made of other flows, or of nothing: the other way round, and in the reverse order. */
import { type FlowLayer, noChange } from './flow.js';

/** The inverse of a flow as a flow: what was one pass is as many as its inverse takes, and the other way round. */
export function inverted(layer: FlowLayer): FlowLayer {
  return (scope) => {
    const flow = layer(scope);
    return {
      forward(y, context) {
        const z = flow.inverse(y, context);
        return { z, logDet: flow.forward(z, context).logDet.neg() };
      },
      inverse: (z, context) => flow.forward(z, context).z,
    };
  };
}

/** The numbers of vectors [batch, d] in reverse order. */
export const reversal: FlowLayer = () => ({
  forward: (y) => ({ z: y.flip(1), logDet: noChange(y) }),
  inverse: (z) => z.flip(1),
});
