/**
 * Batch normalisation as a flow, with mean m and variance v of each number over the batch, or the running ones in
 * evaluation:
 *
 *   z = (y − m) / √(v + ε) · e^g + t,   log |det ∂z/∂y| = Σ_j (g_j − ½ log(v_j + ε))
 *
 * Dinh et al. 2017, §3.7; Papamakarios et al. 2017, §3.1. Going back takes the running statistics, in training too: the
 * batch's own are those of what is asked for.
 */
import { filled, onFirst } from '../../nn/index.js';
import type { Tensor } from '../../tensor/index.js';
import type { FlowLayer } from './flow.js';

const EPSILON = 1e-5;
/** Weight of a batch in the running statistics. */
const MOMENTUM = 0.1;

/** Of vectors [batch, d]. */
export const batchNormFlow: FlowLayer = (scope) => {
  const parameters = onFirst((y) => {
    const size = [y.shape[1]];
    return {
      mean: scope.variable('mean', size, filled(0), { trainable: false }),
      variance: scope.variable('variance', size, filled(1), { trainable: false }),
      logGain: scope.variable('logGain', size, filled(0)),
      shift: scope.variable('shift', size, filled(0)),
    };
  });
  const logScale = (variance: Tensor, logGain: Tensor) => logGain.sub(variance.add(EPSILON).log().mul(0.5));
  return {
    forward(y) {
      const { logGain, shift, ...running } = parameters(y);
      let { mean, variance }: { mean: Tensor; variance: Tensor } = running;
      if (scope.training) {
        mean = y.mean(0);
        variance = y.sub(mean).square().mean(0);
        const towards = (old: Tensor, now: Tensor) =>
          old.mul(1 - MOMENTUM).add(now.stopGradient().mul(MOMENTUM));
        scope.update(running.mean, towards(running.mean, mean));
        scope.update(running.variance, towards(running.variance, variance));
      }
      const scale = logScale(variance, logGain);
      return {
        z: y.sub(mean).mul(scale.exp()).add(shift),
        logDet: scale.sum().broadcastTo([y.shape[0]]),
      };
    },
    inverse(z) {
      const { logGain, shift, mean, variance } = parameters(z);
      return z.sub(shift).mul(logScale(variance, logGain).neg().exp()).add(mean);
    },
  };
};
