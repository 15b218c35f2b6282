/**
 * Invertible maps with a known change of volume: what turns a simple distribution into another one.
 *
 *   z = F(y),   log p_z(z) = log p_y(y) − log |det ∂F/∂y|
 */
import type { Scope } from '../../nn/index.js';
import { constant, type Tensor } from '../../tensor/index.js';

export interface Flow {
  /**
   * z = F(y) and log |det ∂F/∂y|, [batch], of y [batch, ...event].
   *
   * @param context what F is conditioned on, [batch, n]
   */
  forward(y: Tensor, context?: Tensor): { z: Tensor; logDet: Tensor };
  /** y with F(y) = z. In training, only once a forward pass has set what starts from the data. */
  inverse(z: Tensor, context?: Tensor): Tensor;
}

/** A recipe, as a layer is: given a scope it becomes a flow with variables of its own. */
export type FlowLayer = (scope: Scope) => Flow;

/** One flow after the other; their scopes are numbered from 0. Of none it is the identity. */
export function flowSequence(...layers: readonly FlowLayer[]): FlowLayer {
  return (scope) => {
    const flows = layers.map((layer, index) => layer(scope.child(String(index))));
    return {
      forward: (y, context) =>
        flows.reduce(
          ({ z, logDet }, flow) => {
            const next = flow.forward(z, context);
            return { z: next.z, logDet: logDet.add(next.logDet) };
          },
          { z: y, logDet: noChange(y) },
        ),
      inverse: (z, context) => flows.reduceRight((value, flow) => flow.inverse(value, context), z),
    };
  };
}

/** The log-determinant of a map that keeps volumes, [batch]. */
export function noChange(y: Tensor): Tensor {
  return constant(0).broadcastTo([y.shape[0]]);
}

/** The context of each of `rows` codes, draw by draw. */
export function contextRows(context: Tensor | undefined, rows: number): Tensor | undefined {
  if (context === undefined || context.shape[0] === rows) return context;
  const [batch, width] = context.shape;
  return context.broadcastTo([rows / batch, batch, width]).reshape([rows, width]);
}
