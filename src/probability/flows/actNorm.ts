/**
 * ActNorm: a scale and a shift per channel that start from the first batch.
 *
 *   z = (y − m)/d · e^s + t
 *
 * m and d are mean and deviation of each channel over the first training batch, set once and kept in checkpoints;
 * s and t are learned from 0. Kingma & Dhariwal 2018, §3.1 (arXiv:1807.03039).
 */
import { filled, onFirst } from '../../nn/index.js';
import { constant } from '../../tensor/index.js';
import type { FlowLayer } from './flow.js';

/** Variance of a channel that hardly varies in the first batch, so that it is not blown up. */
const SMALLEST_VARIANCE = 1e-6;

export const actNorm: FlowLayer = (scope) => {
  const parameters = onFirst((y) => {
    const channels = [y.shape[y.rank - 1]];
    const kept = { trainable: false };
    return {
      mean: scope.variable('mean', channels, filled(0), kept),
      logDeviation: scope.variable('logDeviation', channels, filled(0), kept),
      isStarted: scope.variable('isStarted', [], filled(0), kept),
      logScale: scope.variable('logScale', channels, filled(0)),
      shift: scope.variable('shift', channels, filled(0)),
    };
  });
  return {
    forward(y) {
      const { isStarted, logScale, shift, ...stored } = parameters(y);
      let { mean, logDeviation }: { mean: typeof y; logDeviation: typeof y } = stored;
      if (scope.training) {
        const everywhere = y.shape.map((_, axis) => axis).slice(0, -1);
        const first = y.mean(everywhere).stopGradient();
        const variance = y.sub(first).square().mean(everywhere).stopGradient().max(SMALLEST_VARIANCE);
        const hasStarted = isStarted.greater(0);
        mean = hasStarted.where(stored.mean, first);
        logDeviation = hasStarted.where(stored.logDeviation, variance.log().mul(0.5));
        scope.update(stored.mean, mean);
        scope.update(stored.logDeviation, logDeviation);
        scope.update(isStarted, constant(1));
      }
      const logGain = logScale.sub(logDeviation);
      const positions = y.size / y.shape[0] / y.shape[y.rank - 1];
      return {
        z: y.sub(mean).mul(logGain.exp()).add(shift),
        logDet: logGain.sum().mul(positions).broadcastTo([y.shape[0]]),
      };
    },
    inverse(z) {
      const { mean, logDeviation, logScale, shift } = parameters(z);
      return z.sub(shift).mul(logDeviation.sub(logScale).exp()).add(mean);
    },
  };
};
