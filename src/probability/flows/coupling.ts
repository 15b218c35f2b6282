/**
 * Coupling: one half of the channels stays and says how the other half is moved.
 *
 *   additive   (a, b) ↦ (a, b + t(a))
 *   affine     (a, b) ↦ (a, b ⊙ e^s(a) + t(a))
 *
 * With a context, s and t depend on it as well. Dinh et al. 2015 (arXiv:1410.8516) and 2017 (arXiv:1605.08803).
 */
import type { Layer } from '../../nn/index.js';
import { concat, ShapeError, show, split, type Tensor } from '../../tensor/index.js';
import { type FlowLayer, noChange } from './flow.js';

export interface CouplingOptions {
  readonly kind: 'additive' | 'affine';
  /** From the half that stays, and the context beside it, to `outputs` channels. Where it gives 0, nothing is moved. */
  network(outputs: number): Layer;
}

/** Log-scales are kept within ± this, as b·tanh(s/b). */
const LARGEST_LOG_SCALE = 2;

/** Channels that stay, and channels that are moved. */
export function halves(y: Tensor): [kept: Tensor, moved: Tensor] {
  const channels = y.shape[y.rank - 1];
  const stay = Math.floor(channels / 2);
  if (stay === 0) throw new ShapeError('coupling', `${show(y.shape)} has one channel, which has no halves`);
  const [kept, moved] = split(y, [stay, channels - stay]);
  return [kept, moved];
}

export function coupling({ kind, network }: CouplingOptions): FlowLayer {
  return (scope) => {
    let run: ((x: Tensor) => Tensor) | undefined;
    const moves = (kept: Tensor, width: number, context: Tensor | undefined) => {
      run ??= network(kind === 'affine' ? 2 * width : width)(scope);
      const output = run(context ? concat([kept, context]) : kept);
      if (kind === 'additive') return { shift: output, logScale: undefined };
      const [shift, raw] = split(output, [width, width]);
      return { shift, logScale: raw.div(LARGEST_LOG_SCALE).tanh().mul(LARGEST_LOG_SCALE) };
    };
    return {
      forward(y, context) {
        const [kept, moved] = halves(y);
        const { shift, logScale } = moves(kept, moved.shape[moved.rank - 1], context);
        const scaled = logScale ? moved.mul(logScale.exp()) : moved;
        return {
          z: concat([kept, scaled.add(shift)]),
          logDet: logScale ? logScale.sumOverEvent() : noChange(y),
        };
      },
      inverse(z, context) {
        const [kept, moved] = halves(z);
        const { shift, logScale } = moves(kept, moved.shape[moved.rank - 1], context);
        const shifted = moved.sub(shift);
        return concat([kept, logScale ? shifted.mul(logScale.neg().exp()) : shifted]);
      },
    };
  };
}
