/**
 * A flow of pictures over several scales: after each level but the last, half of the channels goes out, normalised given
 * the other half, and the rest is squeezed for the next level. Dinh et al. 2017, §3.6; Su & Wu 2018 (arXiv:1809.05861).
 */
import { conv, filled, type Layer, relu, sequential } from '../../nn/index.js';
import { concat, type Shape, sizeOf, split, type Tensor } from '../../tensor/index.js';
import { actNorm } from './actNorm.js';
import { channelPermutation } from './channelPermutation.js';
import { coupling, halves } from './coupling.js';
import { type FlowLayer, flowSequence, noChange } from './flow.js';
import { squeeze, unsqueeze } from './squeeze.js';

export interface MultiScaleOptions {
  /** [h, w, c] of what goes in; h and w can be halved levels − 1 times. */
  readonly shape: Shape;
  readonly levels: number;
  /** Steps of ActNorm, channel permutation and additive coupling per level. */
  readonly steps: number;
  /** Channels inside the coupling networks. */
  readonly hidden: number;
}

/** 3×3, 1×1 and 3×3 convolutions, the last one 0 at first: a new coupling moves nothing. */
const couplingNetwork =
  (hidden: number) =>
  (outputs: number): Layer =>
    sequential(
      conv({ filters: hidden, kernel: 3 }),
      relu,
      conv({ filters: hidden, kernel: 1 }),
      relu,
      conv({ filters: outputs, kernel: 3, weight: filled(0) }),
    );

/** y [batch, h, w, c] → z [batch, h·w·c], the parts that go out first in front. */
export function multiScale({ shape, levels, steps, hidden }: MultiScaleOptions): FlowLayer {
  return (scope) => {
    const step = flowSequence(
      actNorm,
      channelPermutation,
      coupling({ kind: 'additive', network: couplingNetwork(hidden) }),
    );
    const flows = Array.from({ length: levels }, (_, level) => {
      const isLast = level === levels - 1;
      const parting = coupling({
        kind: 'affine',
        network: (outputs) => conv({ filters: outputs, kernel: 3, weight: filled(0) }),
      });
      const layers = [...new Array<FlowLayer>(steps).fill(step), isLast ? actNorm : parting];
      return flowSequence(...layers)(scope.child(String(level)));
    });
    const shapes = partShapes(shape, levels);
    return {
      forward(y, context) {
        const parts: Tensor[] = [];
        let logDet = noChange(y);
        const last = flows.reduce((input, flow, level) => {
          const next = flow.forward(input, context);
          logDet = logDet.add(next.logDet);
          if (level === levels - 1) return next.z;
          const [kept, gone] = halves(next.z);
          parts.push(gone.flatten());
          return squeeze(kept);
        }, y);
        return { z: concat([...parts, last.flatten()]), logDet };
      },
      inverse(z, context) {
        const parts = split(z, shapes.map(sizeOf)).map((part, level) =>
          part.reshape([z.shape[0], ...shapes[level]]),
        );
        return flows.reduceRight(
          (above, flow, level) => {
            const whole = level === levels - 1 ? parts[level] : concat([unsqueeze(above), parts[level]]);
            return flow.inverse(whole, context);
          },
          parts[levels - 1],
        );
      },
    };
  };
}

/** Shapes of what goes out after each level. */
function partShapes(shape: Shape, levels: number): Shape[] {
  let [height, width, channels] = shape;
  return Array.from({ length: levels }, (_, level): Shape => {
    if (level === levels - 1) return [height, width, channels];
    const kept = Math.floor(channels / 2);
    const part = [height, width, channels - kept];
    [height, width, channels] = [height / 2, width / 2, 4 * kept];
    return part;
  });
}
