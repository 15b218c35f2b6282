/** The frame that data is drawn in: grid lines, ticks with their values, names of the axes, and room for all of them. */
import type { Box } from './box.js';
import { textWidth } from './font.js';
import type { Scale } from './scale.js';
import type { Surface } from './surface.js';
import { HALF_CAPITAL, LABEL_SIZE, TICK_SIZE } from './typesetting.js';

/** From an axis to its values. */
const GAP = 7;

export interface AxesOptions {
  /** Where the data is drawn; ticks and names stand outside, at the left and below. */
  box: Box;
  x: Scale;
  y: Scale;
  xLabel?: string;
  /** Names the values along the upright axis; stands above it. */
  yLabel?: string;
}

export function drawAxes(surface: Surface, { box, x, y, xLabel, yLabel }: AxesOptions): void {
  const { left, top, width, height } = box;
  const bottom = top + height;
  for (const { value, label } of y.ticks) {
    surface.rect({ left, top: y.at(value) - 0.5, width, height: 1 }, 'grid');
    surface.text(label, left - GAP, y.at(value) + HALF_CAPITAL * TICK_SIZE, {
      size: TICK_SIZE,
      paint: 'muted',
      anchor: 'end',
    });
  }
  surface.rect({ left, top: bottom - 0.5, width, height: 1 }, 'muted');
  for (const { value, label } of x.ticks) {
    surface.rect({ left: x.at(value) - 0.5, top: bottom, width: 1, height: 4 }, 'muted');
    surface.text(label, x.at(value), bottom + GAP + TICK_SIZE, {
      size: TICK_SIZE,
      paint: 'muted',
      anchor: 'middle',
    });
  }
  if (xLabel) {
    surface.text(xLabel, left + width / 2, bottom + GAP + TICK_SIZE + 1.5 * LABEL_SIZE, {
      size: LABEL_SIZE,
      paint: 'muted',
      anchor: 'middle',
    });
  }
  if (yLabel) surface.text(yLabel, left, top - 8, { size: LABEL_SIZE, paint: 'muted' });
}

/** Height below the data that the ticks of the level axis take, and its name if it has one. */
export function roomBelow(named: boolean): number {
  return GAP + 1.4 * TICK_SIZE + (named ? 1.5 * LABEL_SIZE : 0);
}

/** Width at the left that the values of an upright axis take. */
export function roomLeft(y: Scale): number {
  return GAP + TICK_SIZE * Math.max(...y.ticks.map(({ label }) => textWidth(label)), 0);
}
