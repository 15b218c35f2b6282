/** From which time to which a training looks: drawn anew in every step, as part of the graph. */
import { constant, iota, randomUniform, type Tensor } from '../tensor/index.js';
import { OptionError } from './errors.js';

export interface JumpOptions {
  /** Longest jump; their lengths are uniform from 1 on. */
  readonly maxJump: number;
  /** Longest of the far jumps, which are uniform from 1 on, too. */
  readonly farJump?: number;
  /** Share of the far ones. */
  readonly farShare?: number;
  /** Whether all samples of a batch jump alike. */
  readonly perBatch: boolean;
  /** Jumps of each sequence. @default 1 */
  readonly each?: number;
}

/** Times of jumps, from 0, and their lengths; int32 [batch · each], those of a sequence one after the other. */
export interface Times {
  readonly earlier: Tensor;
  readonly later: Tensor;
  readonly length: Tensor;
}

/** @throws OptionError if a sequence has no room for such a jump, or an option has no effect */
export function requireJumps(time: number, { maxJump, farJump, farShare }: JumpOptions): void {
  const longest: [string, number | undefined][] = [
    ['maxJump', maxJump],
    ['farJump', farJump],
  ];
  for (const [option, length] of longest) {
    if (length !== undefined && length >= time)
      throw new OptionError(
        option,
        `is ${length}, but sequences of ${time} frames hold jumps of at most ${time - 1}; take a smaller one or longer sequences`,
      );
  }
  if (farShare !== undefined && farJump === undefined)
    throw new OptionError('farShare', 'has no effect without farJump; leave it out');
}

/** A length of jump, and then a start at which it stays within the sequence, both uniform. */
export function drawTimes(batch: number, time: number, options: JumpOptions): Times {
  const { maxJump, farJump, farShare = 0.2, perBatch, each = 1 } = options;
  const rows = perBatch ? each : batch * each;
  const uniform = (stream: string) => randomUniform(stream, [rows]);
  const near = below(uniform('jump'), constant(maxJump)).add(1);
  const length =
    farJump === undefined
      ? near
      : uniform('far or near')
          .less(farShare)
          .where(below(uniform('far jump'), constant(farJump)).add(1), near);
  const earlier = below(uniform('start'), length.neg().add(time));
  const whole = (x: Tensor) =>
    x
      .reshape([-1, each])
      .broadcastTo([batch, each])
      .reshape([batch * each])
      .cast('int32');
  return { earlier: whole(earlier), later: whole(earlier.add(length)), length: whole(length) };
}

/** Whole numbers from 0 below `count`, both float32. A product that rounding takes up to `count` is brought back. */
function below(uniform: Tensor, count: Tensor): Tensor {
  return uniform.mul(count).floor().min(count.sub(1));
}

/**
 * Of sequences [batch, time, ...] what each has at times of its own, [batch · each, ...]; times int32 [batch · each], those
 * of a sequence one after the other.
 */
export function atTimes(sequences: Tensor, times: Tensor): Tensor {
  const [batch, time, ...rest] = sequences.shape;
  const [count] = times.shape;
  const own = iota([batch, count / batch], 0).reshape([count]);
  const rows = own.cast('int32').mul(time).add(times);
  return sequences.reshape([batch * time, ...rest]).gather(rows);
}

/**
 * Lengths of jumps as networks read them, [batch, longest]: a 1 for each time that is jumped over, so that jumps of nearly
 * one length look nearly alike.
 */
export function jumpFeatures(lengths: Tensor, longest: number): Tensor {
  const [batch] = lengths.shape;
  return iota([batch, longest], 1)
    .cast('float32')
    .less(lengths.cast('float32').expandDims(1))
    .cast('float32');
}
