/** What the colours of points say, beside a map: the names of classes, or a bar of values. */
import { classColor, type Rgb, theme, valueColor } from './color.js';
import { textWidth } from './font.js';
import { linearScale, rangeOf } from './scale.js';
import type { Surface } from './surface.js';
import { HALF_CAPITAL, LABEL_SIZE, TICK_SIZE, truncate } from './typesetting.js';

/** What the points' colours say. */
export type PointColors =
  | {
      readonly kind: 'class';
      /** Class of each point; a negative number is none. */
      readonly labels: ArrayLike<number>;
      readonly classes: readonly string[];
    }
  | { readonly kind: 'value'; readonly name: string; readonly values: ArrayLike<number> };

export interface Legend {
  readonly width: number;
  readonly height: number;
  colorOf(point: number): Rgb;
  draw(surface: Surface, left: number, top: number): void;
}

const LEADING = 22;
/** A longer name is cut. */
const WIDEST = 190;
const MOST_CLASSES = 26;
/** Of a class's dot, and of the bar of colours, with the space to the text beside it. */
const DOT_RADIUS = 5;
const DOT_ROOM = 20;
const BAR_WIDTH = 16;
const BAR_ROOM = 24;
const BAR_HEIGHT = 200;

export function legendOf(colors: PointColors): Legend {
  return colors.kind === 'class'
    ? classLegend(colors.labels, colors.classes)
    : valueLegend(colors.name, Array.from(colors.values));
}

function classLegend(labels: ArrayLike<number>, classes: readonly string[]): Legend {
  const named = classes.length <= MOST_CLASSES ? classes : classes.slice(0, MOST_CLASSES - 1);
  const rest = classes.length > named.length ? [`and ${classes.length - named.length} more`] : [];
  const rows = [...named, ...rest].map((name) => truncate(name, WIDEST - DOT_ROOM, LABEL_SIZE));
  const palette = classes.map((_, i) => classColor(i));
  return {
    width: DOT_ROOM + LABEL_SIZE * Math.max(0, ...rows.map((row) => textWidth(row))),
    height: LEADING * rows.length,
    colorOf: (point) => palette[labels[point]] ?? theme.muted,
    draw(surface, left, top) {
      rows.forEach((row, i) => {
        const y = top + LEADING * (i + 0.5);
        const isClass = i < named.length;
        if (isClass) surface.dot(left + DOT_RADIUS, y, DOT_RADIUS, palette[i]);
        surface.text(row, left + DOT_ROOM, y + HALF_CAPITAL * LABEL_SIZE, {
          size: LABEL_SIZE,
          paint: isClass ? 'ink' : 'muted',
        });
      });
    },
  };
}

function valueLegend(name: string, values: readonly number[]): Legend {
  const title = truncate(name, WIDEST, LABEL_SIZE);
  const barTop = 2 * LABEL_SIZE;
  const { low, high, at, ticks } = linearScale(...rangeOf(values, 0), [barTop + BAR_HEIGHT, barTop]);
  const palette = Array.from({ length: 256 }, (_, i) => valueColor(i / 255));
  const tickRoom = TICK_SIZE * Math.max(0, ...ticks.map(({ label }) => textWidth(label)));
  return {
    width: Math.max(LABEL_SIZE * textWidth(title), BAR_ROOM + tickRoom),
    height: barTop + BAR_HEIGHT + TICK_SIZE,
    colorOf: (point) => palette[Math.round((255 * (values[point] - low)) / (high - low))] ?? theme.missing,
    draw(surface, left, top) {
      surface.text(title, left, top + LABEL_SIZE, { size: LABEL_SIZE });
      for (let i = 0; i < BAR_HEIGHT; i++) {
        const color = valueColor(1 - (i + 0.5) / BAR_HEIGHT);
        surface.rect({ left, top: top + barTop + i, width: BAR_WIDTH, height: 1 }, color);
      }
      for (const { value, label } of ticks) {
        surface.text(label, left + BAR_ROOM, top + at(value) + HALF_CAPITAL * TICK_SIZE, {
          size: TICK_SIZE,
          paint: 'muted',
        });
      }
    },
  };
}
