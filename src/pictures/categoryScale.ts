/** An axis of named places: categories, latent dimensions. */
import { textWidth } from './font.js';
import { roundStep, type Scale, type Span } from './scale.js';
import { TICK_SIZE, truncate } from './typesetting.js';

/** Room between two names. */
const SPACE = 8;

export interface CategoryScale extends Scale {
  /** Width of one place. */
  readonly slot: number;
}

/**
 * Places 0, 1, 2 … side by side, with a tick for each that there is room to name.
 *
 * @param widest longer names are cut to this width
 */
export function categoryScale(names: readonly string[], [from, to]: Span, widest: number): CategoryScale {
  const step = (to - from) / names.length;
  const labels = names.map((name) => truncate(name, widest, TICK_SIZE));
  const isUpright = to < from;
  const needed = isUpright
    ? 1.3 * TICK_SIZE
    : SPACE + TICK_SIZE * Math.max(...labels.map((label) => textWidth(label)));
  const stride = Math.max(1, roundStep(needed / Math.abs(step)));
  return {
    low: -0.5,
    high: names.length - 0.5,
    slot: Math.abs(step),
    at: (category) => from + (category + 0.5) * step,
    ticks: labels.map((label, value) => ({ value, label })).filter(({ value }) => value % stride === 0),
  };
}
