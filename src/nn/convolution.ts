/** Convolutions over 1 to 3 spatial axes, channels last; the input's rank says how many. */
import {
  type Initialiser,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  type Tensor,
  type Window,
} from '../tensor/index.js';
import { fanInUniform, filled } from './initialisers.js';
import { type Layer, onFirst } from './layer.js';
import { weightNorm } from './weightNorm.js';

/** `same`: ⌈length / stride⌉ outputs, zeros shared between both ends, the odd one at the far end. A number: both ends. */
export type Padding = 'same' | number;

export interface ConvolutionOptions {
  filters: number;
  /** Length of the kernel along every spatial axis. */
  kernel: number;
  /** @default 1 */
  stride?: number;
  /** @default 'same' */
  padding?: Padding;
  /** Distance between kernel taps. @default 1 */
  dilation?: number;
  /** Parts into which channels and filters are cut; as many as channels makes it depthwise. @default 1 */
  groups?: number;
  /** @default true */
  bias?: boolean;
  /** @default fanInUniform */
  weight?: Initialiser;
  /** Whether every filter's length is learned by itself; see weightNorm.ts. @default false */
  weightNorm?: boolean;
}

function spaceOf(operation: string, x: Tensor): Shape {
  const space = x.shape.slice(1, -1);
  if (space.length < 1 || space.length > 3) {
    throw new ShapeError(
      operation,
      `x has shape ${show(x.shape)}; wanted [batch, ...space, channels] with 1 to 3 spatial axes`,
    );
  }
  return space;
}

/** How many of `what` each group sees. */
function perGroup(operation: string, count: number, what: string, groups: number): number {
  if (count % groups !== 0) {
    throw new ShapeError(operation, `${count} ${what} do not divide into ${groups} groups`);
  }
  return count / groups;
}

function windowOf(
  space: Shape,
  { kernel, stride = 1, padding = 'same', dilation = 1, groups = 1 }: ConvolutionOptions,
): Window {
  const reach = (kernel - 1) * dilation + 1;
  const around = (length: number): readonly [number, number] => {
    if (padding !== 'same') return [padding, padding];
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  return {
    strides: space.map(() => stride),
    dilations: space.map(() => dilation),
    padding: space.map(around),
    groups,
  };
}

/** [batch, ...space, channels] → [batch, ...out, filters]. Weight [...kernel, channels / groups, filters]. */
export function conv(options: ConvolutionOptions): Layer {
  const { filters, kernel, groups = 1, bias = true, weight = fanInUniform } = options;
  return (scope) => {
    const parameters = onFirst((x) => {
      const taps = spaceOf('conv', x).map(() => kernel);
      const channels = perGroup('conv', x.shape[x.rank - 1], 'channels', groups);
      const own = scope.variable('weight', [...taps, channels, filters], weight);
      return {
        weight: options.weightNorm ? weightNorm(own, scope) : own,
        bias: bias ? scope.variable('bias', [filters], filled(0)) : undefined,
      };
    });
    return (x) => {
      const window = windowOf(spaceOf('conv', x), options);
      const { weight: w, bias: b } = parameters(x);
      const y = x.conv(w, window);
      return b ? y.add(b) : y;
    };
  };
}

export interface TransposedConvolutionOptions extends Omit<ConvolutionOptions, 'weightNorm'> {
  /**
   * Length of each spatial axis of the result; the convolution with the same options maps it back to the input's.
   * @default input length · stride
   */
  space?: Shape;
}

/**
 * The transpose of `conv`: what its input gradient computes, [batch, ...space, channels] → [batch, ...out, filters].
 * Weight [...kernel, filters / groups, channels], as of the convolution that goes the other way.
 */
export function transposedConv(options: TransposedConvolutionOptions): Layer {
  const { filters, kernel, stride = 1, groups = 1, bias = true, weight = fanInUniform } = options;
  return (scope) => {
    const parameters = onFirst((x) => {
      const taps = spaceOf('transposedConv', x).map(() => kernel);
      const seen = perGroup('transposedConv', filters, 'filters', groups);
      return {
        weight: scope.variable('weight', [...taps, seen, x.shape[x.rank - 1]], seenBackwards(weight, stride)),
        bias: bias ? scope.variable('bias', [filters], filled(0)) : undefined,
      };
    });
    return (x) => {
      const space = options.space ?? spaceOf('transposedConv', x).map((length) => length * stride);
      const { weight: w, bias: b } = parameters(x);
      const y = x.convInputGrad(w, [x.shape[0], ...space, filters], windowOf(space, options));
      return b ? y.add(b) : y;
    };
  };
}

/**
 * An initialiser for a weight [...kernel, filters, channels] that is used from its last axis to the one before: inputs
 * are the channels, and every result meets one in `stride` taps along each axis.
 */
function seenBackwards(weight: Initialiser, stride: number): Initialiser {
  return (shape, draws) => {
    const [filters, channels] = shape.slice(-2);
    const taps = shape.slice(0, -2);
    const forwards = weight([...taps, channels, filters], draws);
    const scale = stride ** (taps.length / 2);
    const values = new Float32Array(sizeOf(shape));
    let at = 0;
    for (let tap = 0; at < values.length; tap += channels * filters) {
      for (let filter = 0; filter < filters; filter++) {
        for (let i = tap + filter; i < tap + channels * filters; i += filters)
          values[at++] = scale * forwards[i];
      }
    }
    return values;
  };
}

/** Repeats every position `factor` times along each spatial axis. */
export function upsampleNearest(x: Tensor, factor: number): Tensor {
  const space = spaceOf('upsampleNearest', x);
  const split = [x.shape[0], ...space.flatMap((length) => [length, 1]), x.shape[x.rank - 1]];
  const repeated = [x.shape[0], ...space.flatMap((length) => [length, factor]), x.shape[x.rank - 1]];
  return x
    .reshape(split)
    .broadcastTo(repeated)
    .reshape([x.shape[0], ...space.map((length) => length * factor), x.shape[x.rank - 1]]);
}

/** Mean over windows of `factor` along each spatial axis, which must divide into them. */
export function averagePool(x: Tensor, factor: number): Tensor {
  const space = spaceOf('averagePool', x);
  if (space.some((length) => length % factor !== 0)) {
    throw new ShapeError('averagePool', `space ${show(space)} does not divide into windows of ${factor}`);
  }
  const split = [x.shape[0], ...space.flatMap((length) => [length / factor, factor]), x.shape[x.rank - 1]];
  return x.reshape(split).mean(space.map((_, i) => 2 * i + 2));
}
