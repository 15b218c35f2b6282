/** Many points as pixels, see-through so that density shows, and in an order that favours no class. */
import { Coverage } from '../data/strokes.js';
import type { Box } from './box.js';
import type { Rgb } from './color.js';
import { Image } from './image.js';
import type { Scale } from './scale.js';
import type { Surface } from './surface.js';

export interface Scatter {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Colour of point i. */
  color(index: number): Rgb;
}

/** Pixels for one figure unit. */
const RATIO = 2;

/** Draws the points that lie within a box. */
export function drawScatter(
  surface: Surface,
  box: Box,
  { x: xs, y: ys, color }: Scatter,
  x: Scale,
  y: Scale,
): void {
  const count = xs.length;
  const image = new Image(Math.round(box.width * RATIO), Math.round(box.height * RATIO));
  const { radius, opacity } = markOf(count, box);
  const mark = disc(radius * RATIO);
  const step = mixingStep(count);
  for (let i = 0, index = 0; i < count; i++, index = (index + step) % count) {
    const left = (x.at(xs[index]) - box.left) * RATIO;
    const top = (y.at(ys[index]) - box.top) * RATIO;
    if (!(left >= 0 && left <= image.width && top >= 0 && top <= image.height)) continue;
    const [middleX, middleY] = [Math.round(left - mark.width / 2), Math.round(top - mark.height / 2)];
    image.tint(mark, middleX, middleY, color(index), opacity);
  }
  surface.image(image, box);
}

/** Radius and opacity with which so many points fill a box without hiding each other. */
function markOf(
  count: number,
  { width, height }: Pick<Box, 'width' | 'height'>,
): { radius: number; opacity: number } {
  const share = Math.sqrt((width * height) / Math.max(1, count));
  return {
    radius: Math.max(1.2, Math.min(4, 0.2 * share)),
    opacity: Math.max(0.35, Math.min(0.85, 0.1 * share)),
  };
}

function disc(radius: number): Coverage {
  const side = 2 * Math.ceil(radius + 0.5);
  const coverage = new Coverage(side, side);
  coverage.stroke([side / 2, side / 2], radius);
  return coverage;
}

/** A step that visits all of `count` places, near the golden section of it, so that neighbours are drawn far apart. */
function mixingStep(count: number): number {
  let step = Math.max(1, Math.round(count * 0.618034));
  while (greatestCommonDivisor(step, count) > 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
