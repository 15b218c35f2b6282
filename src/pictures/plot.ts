/** One plot of lines over a common axis, each named at its end. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import type { Box } from './box.js';
import type { Paint } from './color.js';
import { clipped, curveRuns } from './curve.js';
import { textWidth } from './font.js';
import { linearScale, logScale, rangeOf, type Scale, type Span } from './scale.js';
import type { Surface } from './surface.js';
import { formatNumber, HALF_CAPITAL, LABEL_SIZE, truncate } from './typesetting.js';

/** Values over steps; a value that is not finite leaves a gap. */
export interface Series {
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface PlotOptions {
  series: readonly (Series & { readonly paint: Paint })[];
  xLabel: string;
  /** @default 'linear' */
  scale?: 'linear' | 'log';
}

const LINE_WIDTH = 1.75;
const FAINT = 0.3;
/** A series of more values is drawn faintly, under means over this share of its values. */
const DENSE = 200;
export const MEAN_SHARE = 0.02;
/** As many means as a figure has columns. */
const MOST_MEANS = 2000;
const DOT_RADIUS = 3;
/** A name at the end of a line takes at most this share of the plot. */
const LARGEST_LABEL = 0.3;

/** Draws the plot into a box, ticks, names and all. */
export function drawPlot(surface: Surface, outer: Box, options: PlotOptions): void {
  const { series, xLabel, scale = 'linear' } = options;
  const strong = series.map((each) => (isDense(each.y) ? means(each) : each));
  const labels = strong.map(({ label, y }) => endLabel(label, y, LARGEST_LABEL * outer.width));
  const room = Math.max(0, ...labels.map((label) => LABEL_SIZE * textWidth(label)));
  const { top } = outer;
  const height = outer.height - roomBelow(true);
  const y = yScale(series, scale, [top + height, top]);
  const left = outer.left + roomLeft(y);
  const width = outer.left + outer.width - left - room - 12;
  const steps = series.flatMap(({ x }) => Array.from(x));
  const x = linearScale(...rangeOf(steps, 0), [left, left + width], {
    room: width / 70,
    finest: steps.every(Number.isInteger) ? 1 : 0,
  });
  const box = { left, top, width, height };
  drawAxes(surface, { box, x, y, xLabel });
  series.forEach(({ paint, ...each }, i) => {
    const draw = ({ x: xs, y: ys }: Omit<Series, 'label'>, width: number, opacity: number) => {
      for (const run of curveRuns(xs, ys, x, y).flatMap((whole) => clipped(whole, box))) {
        if (run.length === 2) surface.dot(run[0], run[1], DOT_RADIUS, paint);
        else surface.line(run, { paint, width, opacity });
      }
    };
    if (isDense(each.y)) draw(each, 1, FAINT);
    draw(strong[i], LINE_WIDTH, 1);
  });
  const ends = strong.map(({ y: ys }) => {
    const end = y.at(lastFinite(ys) ?? Number.NaN);
    return Number.isFinite(end) ? end : top + height / 2;
  });
  const heights = apart(ends, 1.2 * LABEL_SIZE, [top, top + height]);
  series.forEach(({ paint }, i) => {
    surface.text(labels[i], left + width + 8, heights[i] + HALF_CAPITAL * LABEL_SIZE, {
      size: LABEL_SIZE,
      paint,
    });
  });
}

export function isDense(values: ArrayLike<number>): boolean {
  return values.length > DENSE;
}

/**
 * Means over windows of values, each around the middle of its window; what is not finite neither counts nor gets a
 * mean. Each is summed anew: a running sum would never recover from a loss that exploded.
 */
function means({ label, x, y }: Series): Series {
  const half = Math.round((y.length * MEAN_SHARE) / 2);
  const stride = Math.ceil(y.length / MOST_MEANS);
  const middles = Array.from({ length: Math.ceil(y.length / stride) }, (_, i) => y.length - 1 - i * stride);
  const mean = (middle: number) => {
    if (!Number.isFinite(y[middle])) return Number.NaN;
    let [sum, count] = [0, 0];
    for (let i = Math.max(0, middle - half); i <= Math.min(y.length - 1, middle + half); i++) {
      if (!Number.isFinite(y[i])) continue;
      sum += y[i];
      count++;
    }
    return sum / count;
  };
  middles.reverse();
  return { label, x: middles.map((i) => x[i]), y: middles.map(mean) };
}

function endLabel(label: string, values: ArrayLike<number>, width: number): string {
  const last = lastFinite(values);
  const value = last === undefined ? 'no values' : formatNumber(last);
  return `${truncate(label, width - LABEL_SIZE * textWidth(` ${value}`), LABEL_SIZE)} ${value}`;
}

function lastFinite(values: ArrayLike<number>): number | undefined {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return undefined;
}

function yScale(series: readonly Series[], kind: 'linear' | 'log', span: Span): Scale {
  const values = series.flatMap(({ y }) => Array.from(y)).filter(Number.isFinite);
  const room = Math.abs(span[1] - span[0]) / 40;
  const positive = values.filter((value) => value > 0);
  if (kind === 'log' && positive.length > 0) {
    const [low, high] = rangeOf(positive.map(Math.log10));
    return logScale(10 ** low, 10 ** high, span, room);
  }
  const most = ceiling(values);
  return linearScale(...rangeOf(values.filter((value) => value <= most)), span, { room });
}

/** Fewer values than this have no steep fall to tell from the rest. */
const FEW = 10;

/**
 * The largest value that an axis shows. A loss falls steeply at first, and an axis that held the whole fall would show
 * nothing else: where all values span more than three times what the lower nine tenths do, the axis spans twice what
 * those do, and the line comes in from above.
 */
function ceiling(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  const low = ordered[0];
  const usual = ordered[Math.floor(0.9 * (ordered.length - 1))];
  const high = ordered[ordered.length - 1];
  const falls = ordered.length >= FEW && usual > low && high - low > 3 * (usual - low);
  return falls ? low + 2 * (usual - low) : Infinity;
}

/** Heights as near as can be to the wanted ones, in their order, with a distance between any two. */
export function apart(wanted: readonly number[], distance: number, [top, bottom]: Span): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const heights = [...wanted];
  let least = top;
  for (const i of order) {
    heights[i] = Math.max(heights[i], least);
    least = heights[i] + distance;
  }
  let most = bottom;
  for (const i of order.reverse()) {
    heights[i] = Math.min(heights[i], most);
    most = heights[i] - distance;
  }
  return heights;
}
