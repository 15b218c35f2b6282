/** The three convolutions as the plain sum of their definition (see tensor/ops/convolution.ts). */
import { type Shape, stridesOf, type Window } from '../../tensor/index.js';

/**
 * Calls `visit(x, w, y)` with the offsets of the first channel of every (input position, kernel tap, output position)
 * that meet; taps that fall on padding are left out. Channels, filters and groups are the caller's inner loops.
 */
export function visitTaps(
  x: Shape,
  w: Shape,
  y: Shape,
  window: Window,
  visit: (x: number, w: number, y: number) => void,
): void {
  const space = x.length - 2;
  const [xStrides, wStrides, yStrides] = [stridesOf(x), stridesOf(w), stridesOf(y)];
  const walk = (axis: number, xAt: number, wAt: number, yAt: number): void => {
    if (axis === space) {
      visit(xAt, wAt, yAt);
      return;
    }
    for (let o = 0; o < y[axis + 1]; o++) {
      for (let k = 0; k < w[axis]; k++) {
        const i = o * window.strides[axis] + k * window.dilations[axis] - window.padding[axis][0];
        if (i < 0 || i >= x[axis + 1]) continue;
        walk(axis + 1, xAt + i * xStrides[axis + 1], wAt + k * wStrides[axis], yAt + o * yStrides[axis + 1]);
      }
    }
  };
  for (let b = 0; b < x[0]; b++) walk(0, b * xStrides[0], 0, b * yStrides[0]);
}

export interface ConvolutionShapes {
  x: Shape;
  w: Shape;
  y: Shape;
}

/** Visits the offsets (x, w, y) of every product that the convolution sums up. */
export function visitProducts(
  { x, w, y }: ConvolutionShapes,
  window: Window,
  visit: (x: number, w: number, y: number) => void,
): void {
  const channels = w[w.length - 2];
  const filters = w[w.length - 1];
  const perGroup = filters / window.groups;
  visitTaps(x, w, y, window, (xAt, wAt, yAt) => {
    for (let f = 0; f < filters; f++) {
      const group = Math.floor(f / perGroup);
      for (let c = 0; c < channels; c++) visit(xAt + group * channels + c, wAt + c * filters + f, yAt + f);
    }
  });
}
