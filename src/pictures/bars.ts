/** One upright bar for each of a list of named values, such as the KL of every latent dimension. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import { categoryScale } from './categoryScale.js';
import { classColor } from './color.js';
import { heading } from './heading.js';
import { linearScale, rangeOf } from './scale.js';
import type { Figure } from './surface.js';
import { formatNumber, LABEL_SIZE, TICK_SIZE, TITLE_SIZE } from './typesetting.js';

export interface BarsOptions {
  title: string;
  labels: readonly string[];
  /** A value that is not finite has no bar, and says so. */
  values: ArrayLike<number>;
  /** What the values are, with their unit. */
  yLabel: string;
}

const WIDTH = 880;
const PLOT_HEIGHT = 220;
const MARGIN = 20;
const BAR_SHARE = 0.72;
const WIDEST_BAR = 56;
const WIDEST_NAME = 110;
/** Bars that stand this far apart have their values written on them. */
const VALUES_FROM = 44;

/** @throws RangeError if there is no bar, or not one name for each value */
export function bars({ title, labels, values, yLabel }: BarsOptions): Figure {
  if (values.length === 0 || labels.length !== values.length) {
    throw new RangeError(
      `bars: ${labels.length} names for ${values.length} values; give one for each, and at least one`,
    );
  }
  const head = heading({ title, width: WIDTH - 2 * MARGIN, titleSize: TITLE_SIZE, captionSize: LABEL_SIZE });
  const top = MARGIN + head.height + 1.6 * LABEL_SIZE;
  const bottom = top + PLOT_HEIGHT;
  const [low, high] = rangeOf([0, ...Array.from(values)], 0.08);
  const hasNegative = Array.from(values).some((value) => value < 0);
  const y = linearScale(hasNegative ? low : 0, high, [bottom, top], { room: PLOT_HEIGHT / 40 });
  const left = MARGIN + roomLeft(y);
  const x = categoryScale(labels, [left, WIDTH - MARGIN], WIDEST_NAME);
  const width = Math.min(WIDEST_BAR, BAR_SHARE * x.slot);
  return {
    title,
    width: WIDTH,
    height: bottom + roomBelow(false) + MARGIN,
    pixelRatio: 2,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      const box = { left, top, width: WIDTH - MARGIN - left, height: PLOT_HEIGHT };
      drawAxes(surface, { box, x, y, yLabel });
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        const isNumber = Number.isFinite(value);
        const [from, to] = [y.at(0), y.at(isNumber ? value : 0)];
        if (isNumber && value !== 0) {
          const bar = {
            left: x.at(i) - width / 2,
            top: Math.min(from, to),
            width,
            height: Math.abs(to - from),
          };
          surface.rect(bar, classColor(0));
        }
        if (isNumber && x.slot < VALUES_FROM) continue;
        const baseline = value < 0 ? to + 1.2 * TICK_SIZE : to - 5;
        surface.text(formatNumber(value, 3), x.at(i), baseline, {
          size: TICK_SIZE,
          paint: isNumber ? 'ink' : 'missing',
          anchor: 'middle',
        });
      }
    },
  };
}
