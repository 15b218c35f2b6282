/** Layers that fix the statistics of what passes through, and dropout. */
import { constant, randomUniform, ShapeError, show, type Tensor } from '../tensor/index.js';
import { filled } from './initialisers.js';
import { type Layer, onFirst } from './layer.js';
import type { Scope } from './scope.js';

/** γ and β of the last axis. */
function affine(scope: Scope): (x: Tensor) => { gain: Tensor; shift: Tensor } {
  return onFirst((x) => ({
    gain: scope.variable('gain', [x.shape[x.rank - 1]], filled(1)),
    shift: scope.variable('shift', [x.shape[x.rank - 1]], filled(0)),
  }));
}

function standardise(x: Tensor, mean: Tensor, variance: Tensor, epsilon: number): Tensor {
  return x.sub(mean).div(variance.add(epsilon).sqrt());
}

export interface BatchNormOptions {
  /** Weight of the running batch in the running statistics. @default 0.1 */
  momentum?: number;
  /** @default 1e-5 */
  epsilon?: number;
  /** γ: learned from 1, or a number that stays. @default 'learned' */
  gain?: 'learned' | number;
  /** Whether there is a learned β. @default true */
  shift?: boolean;
}

/**
 * Per channel, over the batch and all positions: y = γ (x − mean) / √(variance + ε) + β. Training uses the batch's own
 * statistics and moves the running ones; evaluation uses the running ones, so that a sample's result does not depend
 * on its neighbours. The running variance is the unbiased one. Ioffe & Szegedy 2015, algorithms 1 and 2.
 */
export function batchNorm({
  momentum = 0.1,
  epsilon = 1e-5,
  gain: gainOption = 'learned',
  shift: hasShift = true,
}: BatchNormOptions = {}): Layer {
  return (scope) => {
    const parameters = onFirst((x) => {
      const channels = [x.shape[x.rank - 1]];
      const gain =
        gainOption === 'learned' ? scope.variable('gain', channels, filled(1)) : constant(gainOption);
      return { gain, shift: hasShift ? scope.variable('shift', channels, filled(0)) : undefined };
    });
    const running = onFirst((x) => {
      const channels = [x.shape[x.rank - 1]];
      return {
        mean: scope.variable('mean', channels, filled(0), { trainable: false }),
        variance: scope.variable('variance', channels, filled(1), { trainable: false }),
      };
    });
    return (x) => {
      const { gain, shift } = parameters(x);
      const { mean, variance } = running(x);
      const scaled = (standard: Tensor) => {
        const y = standard.mul(gain);
        return shift ? y.add(shift) : y;
      };
      if (!scope.training) return scaled(standardise(x, mean, variance, epsilon));
      const positions = x.shape.map((_, axis) => axis).slice(0, -1);
      const count = x.size / x.shape[x.rank - 1];
      if (count < 2)
        throw new ShapeError(
          'batchNorm',
          `one value per channel in ${show(x.shape)} has no variance; use a larger batch`,
        );
      const batchMean = x.mean(positions);
      const batchVariance = x.sub(batchMean).square().mean(positions);
      const towards = (old: Tensor, now: Tensor) =>
        old.mul(1 - momentum).add(now.stopGradient().mul(momentum));
      scope.update(mean, towards(mean, batchMean));
      scope.update(variance, towards(variance, batchVariance.mul(count / (count - 1))));
      return scaled(standardise(x, batchMean, batchVariance, epsilon));
    };
  };
}

/** Per sample and position, over the last axis. Ba, Kiros & Hinton 2016 (arXiv:1607.06450). */
export function layerNorm({ epsilon = 1e-5 }: { epsilon?: number } = {}): Layer {
  return (scope) => {
    const parameters = affine(scope);
    return (x) => {
      const { gain, shift } = parameters(x);
      const mean = x.mean(-1, { keepDims: true });
      const variance = x.sub(mean).square().mean(-1, { keepDims: true });
      return standardise(x, mean, variance, epsilon).mul(gain).add(shift);
    };
  };
}

/** Per sample and group of channels, over all positions. Wu & He 2018 (arXiv:1803.08494). */
export function groupNorm(groups: number, { epsilon = 1e-5 }: { epsilon?: number } = {}): Layer {
  return (scope) => {
    const parameters = affine(scope);
    return (x) => {
      const channels = x.shape[x.rank - 1];
      if (channels % groups !== 0)
        throw new ShapeError('groupNorm', `${channels} channels do not divide into ${groups} groups`);
      const { gain, shift } = parameters(x);
      const grouped = x.reshape([x.shape[0], -1, groups, channels / groups]);
      const mean = grouped.mean([1, 3], { keepDims: true });
      const variance = grouped.sub(mean).square().mean([1, 3], { keepDims: true });
      return standardise(grouped, mean, variance, epsilon).reshape(x.shape).mul(gain).add(shift);
    };
  };
}

/**
 * In training, each element is 0 with probability `rate` and divided by 1 − rate otherwise, so that its mean stays;
 * evaluation passes x on. Every call in a build draws from a stream of its own. Srivastava et al. 2014.
 *
 * @throws RangeError if the rate is not in [0, 1)
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: rate ${rate} is not in [0, 1)`);
  return (scope) => {
    let calls = 0;
    return (x) => {
      if (!scope.training || rate === 0) return x;
      const stream = `dropout/${scope.path}/${calls++}`;
      return randomUniform(stream, x.shape)
        .less(rate)
        .where(0, x.div(1 - rate));
    };
  };
}
