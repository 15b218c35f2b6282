/**
 * Structural similarity of pictures, SSIM and multi-scale SSIM, as differentiable graphs.
 *
 * At every position of a Gaussian window, with means μ, variances σ² and covariance σ_xy under the window:
 *
 *   luminance            I  = (2 μ_x μ_y + C₁) / (μ_x² + μ_y² + C₁),    C₁ = (0.01 R)²
 *   contrast, structure  CS = (2 σ_xy + C₂) / (σ_x² + σ_y² + C₂),       C₂ = (0.03 R)²
 *
 *   SSIM    = mean(I · CS)
 *   MS-SSIM = Π_{j<M} mean(CS_j)^w_j · mean(I_M · CS_M)^w_M
 *
 * where scale j + 1 is scale j averaged over 2 × 2 pixels. Luminance enters once, at the coarsest scale. Means are over the
 * positions of one picture and one channel, so that a picture's number does not depend on its neighbours in the batch;
 * channels are averaged in the end. Windows lie wholly inside the picture: padding would lower σ² along the border.
 *
 * Source: Wang, Bovik, Sheikh & Simoncelli 2004 (SSIM); Wang, Simoncelli & Bovik 2003, eq. 7 (MS-SSIM).
 */
import { concat, constant, ShapeError, sameShape, show, split, type Tensor } from '../tensor/index.js';
import { averagePool } from './convolution.js';

/** Exponents from the finest scale to the coarsest: those of Wang et al. 2003, fitted to human judgement. */
export const WANG_WEIGHTS: readonly number[] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

const WINDOW = 11;
const WINDOW_DEVIATION = 1.5;
/** Below it a power with an exponent under 1 goes on as the chord to 0, whose slope is finite. */
const SMALLEST_POWER_BASE = 1e-5;

export interface SsimOptions {
  /** R, the distance between the darkest and the brightest value there can be. @default 1 */
  range?: number;
  /** Side of the window, odd. Smaller pictures get the largest odd one that fits: see `windowFor`. @default 11 */
  window?: number;
}

export interface MsSsimOptions extends SsimOptions {
  /** Number of scales M. @default as many as leave room for the window, at most one per weight */
  scales?: number;
  /** Exponents from the finest scale to the coarsest; the first M are used as they are. @default `weightsFor(M)` */
  weights?: readonly number[];
  /**
   * What becomes of a mean below 0, which has no power: relu makes it 0, the usual metric; shift replaces every mean v by
   * (v + 1) / 2, another measure, whose gradient does not vanish for pictures that are each other's negatives.
   * @default 'relu'
   */
  negative?: 'relu' | 'shift';
}

/** exp(−(i − c)² / 2σ²) around the centre c, adding up to 1. */
export function gaussianWindow(size: number, deviation = WINDOW_DEVIATION): Float64Array {
  const centre = (size - 1) / 2;
  const window = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - centre) ** 2) / (2 * deviation ** 2)),
  );
  const total = window.reduce((sum, value) => sum + value, 0);
  return window.map((value) => value / total);
}

/** The window that is used for pictures of this size: the largest odd one that fits, at most `window`. */
export function windowFor(height: number, width: number, window = WINDOW): number {
  const side = Math.min(height, width, window);
  return side % 2 === 1 ? side : side - 1;
}

/** The number of scales, each of half the size of the one before, at which the window still fits; at most `most`. */
export function scalesFor(
  height: number,
  width: number,
  window = WINDOW,
  most = WANG_WEIGHTS.length,
): number {
  const fits = (scale: number) => Math.floor(Math.min(height, width) / 2 ** scale) >= window;
  let scales = 1;
  while (scales < most && fits(scales)) scales++;
  return scales;
}

/** The first weights of Wang et al., made to add up to 1. */
export function weightsFor(scales: number): number[] {
  const first = WANG_WEIGHTS.slice(0, scales);
  const total = first.reduce((sum, weight) => sum + weight, 0);
  return first.map((weight) => weight / total);
}

/**
 * SSIM of pairs of pictures, in [−1, 1].
 *
 * @param x [batch, height, width, channels]
 * @param y as x
 * @returns [batch]
 * @throws ShapeError if they are no pictures of one shape
 */
export function ssim(x: Tensor, y: Tensor, { range = 1, window = WINDOW }: SsimOptions = {}): Tensor {
  requirePictures('ssim', x, y);
  const { luminance, structure } = comparisons(x, y, range, windowFor(x.shape[1], x.shape[2], window));
  return luminance.mul(structure).mean([1, 2, 3]);
}

/**
 * Multi-scale SSIM of pairs of pictures, in [0, 1]. A side of odd length loses its last row or column where it is halved.
 *
 * @param x [batch, height, width, channels]
 * @param y as x
 * @returns [batch]
 * @throws ShapeError if they are no pictures of one shape, or too small for that many scales
 */
export function msSsim(x: Tensor, y: Tensor, options: MsSsimOptions = {}): Tensor {
  requirePictures('msSsim', x, y);
  const [, height, width] = x.shape;
  const { range = 1, window = WINDOW, negative = 'relu' } = options;
  const side = windowFor(height, width, window);
  const { scales = scalesFor(height, width, side, options.weights?.length) } = options;
  const { weights = weightsFor(scales) } = options;
  if (weights.length < scales) {
    throw new ShapeError('msSsim', `${weights.length} weights for ${scales} scales; give one for each`);
  }
  let pair: readonly [Tensor, Tensor] = [x, y];
  const factors = Array.from({ length: scales }, (_, scale) => {
    if (scale > 0) pair = [halved(pair[0]), halved(pair[1])];
    const { luminance, structure } = comparisons(...pair, range, side);
    const compared = scale === scales - 1 ? luminance.mul(structure) : structure;
    return power(compared.mean([1, 2]), weights[scale], negative);
  });
  return factors.reduce((product, factor) => product.mul(factor)).mean(1);
}

function requirePictures(operation: string, x: Tensor, y: Tensor): void {
  if (x.rank !== 4 || !sameShape(x.shape, y.shape)) {
    const wanted = 'wanted two of one shape [batch, height, width, channels]';
    throw new ShapeError(operation, `compares pictures ${show(x.shape)} with ${show(y.shape)}; ${wanted}`);
  }
}

/** I and CS at every position of the window, [batch, positions, positions, channels]. */
function comparisons(
  x: Tensor,
  y: Tensor,
  range: number,
  window: number,
): { luminance: Tensor; structure: Tensor } {
  const [height, width] = x.shape.slice(1);
  if (Math.min(height, width) < window) {
    throw new ShapeError(
      'msSsim',
      `a window of ${window} does not fit into ${height} × ${width} pixels; take fewer scales`,
    );
  }
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const channels = x.shape[3];
  // One filter over four pictures side by side.
  const sources = [x, y, x.square().add(y.square()), x.mul(y)];
  const filtered = filter(concat(sources), gaussianWindow(window));
  const [meanX, meanY, squares, product] = split(
    filtered,
    sources.map(() => channels),
  );
  const meanProduct = meanX.mul(meanY);
  const meanSquares = meanX.square().add(meanY.square());
  const fraction = (above: Tensor, below: Tensor, c: number) => above.mul(2).add(c).div(below.add(c));
  return {
    luminance: fraction(meanProduct, meanSquares, c1),
    structure: fraction(product.sub(meanProduct), squares.sub(meanSquares), c2),
  };
}

/** Weighted means under a window that moves over every channel by itself; rows first, then columns. */
function filter(x: Tensor, window: Float64Array): Tensor {
  const channels = x.shape[3];
  const along = (kernel: readonly [number, number]) =>
    constant(window, 'float32', [...kernel, 1, 1]).broadcastTo([...kernel, 1, channels]);
  const valid = {
    strides: [1, 1],
    dilations: [1, 1],
    padding: [[0, 0] as const, [0, 0] as const],
    groups: channels,
  };
  return x.conv(along([window.length, 1]), valid).conv(along([1, window.length]), valid);
}

/** Means of 2 × 2 pixels. */
function halved(x: Tensor): Tensor {
  const even = (length: number) => length - (length % 2);
  return averagePool(x.slice([undefined, [0, even(x.shape[1])], [0, even(x.shape[2])]]), 2);
}

/** vʷ with a finite slope everywhere: v · max(v, ε)^(w − 1) is vʷ from ε on, and a line from there to 0. */
function power(v: Tensor, weight: number, negative: 'relu' | 'shift'): Tensor {
  const base = negative === 'relu' ? v.relu() : v.add(1).mul(0.5);
  return weight === 1 ? base : base.mul(base.max(SMALLEST_POWER_BASE).pow(weight - 1));
}
