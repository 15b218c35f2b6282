/**
 * Convolution over 1 to 3 spatial axes, channels last, and its two transposes.
 *
 *   y[b, o, f] = Σ_{k, c} x[b, o·stride + k·dilation − before, c] · w[k, c, f]
 *
 * The form ⟨conv(x, w), g⟩ is linear in each of x, w and g, so the three operations are each other's gradients:
 * convInputGrad(g, w) is its derivative in x, convFilterGrad(x, g) the one in w. With `groups`, channels and
 * filters are cut into that many equal parts that do not see each other.
 *
 *   x [batch, ...space, channels]   w [...kernel, channels / groups, filters]   y, g [batch, ...out, filters]
 */
import { type Shape, ShapeError, sameShape, show } from '../shape.js';
import { type Rule, requireDType } from './rule.js';

export interface Window {
  strides: readonly number[];
  dilations: readonly number[];
  /** Zeros before and after each spatial axis. */
  padding: readonly (readonly [number, number])[];
  groups: number;
}

function requireWindow(operation: string, space: Shape, window: Window): void {
  const { strides, dilations, padding, groups } = window;
  const whole = (least: number) => (n: number) => Number.isInteger(n) && n >= least;
  const lists = [strides, dilations, padding];
  if (
    lists.some((list) => list.length !== space.length) ||
    ![...strides, ...dilations, groups].every(whole(1)) ||
    !padding.flat().every(whole(0))
  ) {
    const wanted = `strides, dilations and groups from 1 and padding from 0 for ${space.length} spatial axes`;
    throw new ShapeError(operation, `wanted ${wanted}, got ${JSON.stringify(window)}`);
  }
}

function outputShape(operation: string, x: Shape, w: Shape, window: Window): number[] {
  const space = x.slice(1, -1);
  const [channels, inChannels, filters] = [x[x.length - 1], w[w.length - 2], w[w.length - 1]];
  if (space.length < 1 || space.length > 3 || w.length !== x.length) {
    const wanted = '[batch, ...space, channels] and [...kernel, channels, filters] with 1 to 3 spatial axes';
    throw new ShapeError(operation, `x has shape ${show(x)} and the weight ${show(w)}; wanted ${wanted}`);
  }
  requireWindow(operation, space, window);
  if (channels !== inChannels * window.groups) {
    const expected = `weight expects ${inChannels * window.groups} input channels`;
    throw new ShapeError(operation, `${expected} but x has shape ${show(x)}`);
  }
  if (filters % window.groups !== 0) {
    throw new ShapeError(operation, `${filters} filters do not divide into ${window.groups} groups`);
  }
  const out = space.map((length, i) => {
    const [before, after] = window.padding[i];
    const reach = (w[i] - 1) * window.dilations[i] + 1;
    return Math.floor((length + before + after - reach) / window.strides[i]) + 1;
  });
  if (out.some((length) => length < 1) || w.slice(0, -2).includes(0)) {
    throw new ShapeError(
      operation,
      `a kernel of ${show(w.slice(0, -2))} does not fit into x of shape ${show(x)}`,
    );
  }
  return [x[0], ...out, filters];
}

function requireOutput(operation: string, g: Shape, x: Shape, w: Shape, window: Window): void {
  const expected = outputShape(operation, x, w, window);
  if (!sameShape(g, expected)) {
    throw new ShapeError(
      operation,
      `x ${show(x)} and weight ${show(w)} give ${show(expected)}, not ${show(g)}`,
    );
  }
}

export const conv: Rule<Window> = {
  infer([x, w], window) {
    requireDType('conv', x, 'float32');
    requireDType('conv', w, 'float32');
    return { shape: outputShape('conv', x.shape, w.shape, window), dtype: 'float32' };
  },
  gradient(y, g, window) {
    const [x, w] = y.inputs;
    return [g.convInputGrad(w, x.shape, window), x.convFilterGrad(g, w.shape, window)];
  },
};

/** Inputs (g, w): the derivative of ⟨conv(x, w), g⟩ in x; a transposed convolution. */
export const convInputGrad: Rule<Window & { inputShape: Shape }> = {
  infer([g, w], { inputShape, ...window }) {
    requireDType('convInputGrad', g, 'float32');
    requireDType('convInputGrad', w, 'float32');
    requireOutput('convInputGrad', g.shape, inputShape, w.shape, window);
    return { shape: inputShape, dtype: 'float32' };
  },
  gradient(y, cotangent, { inputShape: _, ...window }) {
    const [g, w] = y.inputs;
    return [cotangent.conv(w, window), cotangent.convFilterGrad(g, w.shape, window)];
  },
};

/** Inputs (x, g): the derivative of ⟨conv(x, w), g⟩ in w. */
export const convFilterGrad: Rule<Window & { filterShape: Shape }> = {
  infer([x, g], { filterShape, ...window }) {
    requireDType('convFilterGrad', x, 'float32');
    requireDType('convFilterGrad', g, 'float32');
    requireOutput('convFilterGrad', g.shape, x.shape, filterShape, window);
    return { shape: filterShape, dtype: 'float32' };
  },
  gradient(y, cotangent, { filterShape: _, ...window }) {
    const [x, g] = y.inputs;
    return [g.convInputGrad(cotangent, x.shape, window), x.conv(cotangent, window)];
  },
};
