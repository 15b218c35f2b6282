/**
 * A map of codes: each sample a point where its code lies, on the two principal components of all codes, coloured by
 * its class or by a value.
 */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import { classColor } from './color.js';
import { heading } from './heading.js';
import { legendOf, type PointColors } from './legend.js';
import { type Points, principalComponents } from './pca.js';
import { linearScale, robustRange, type Scale } from './scale.js';
import { drawScatter } from './scatter.js';
import type { Figure } from './surface.js';
import { formatCount, formatNumber, LABEL_SIZE, TITLE_SIZE } from './typesetting.js';

export interface LatentMapOptions {
  codes: Points;
  colors?: PointColors;
  /** @default 'Latent map' */
  title?: string;
}

const SIDE = 600;
/** A flat cloud of points has a map at least this high; codes of one dimension need no more. */
const LEAST_HEIGHT = 260;
const MARGIN = 20;
const LEGEND_GAP = 26;

/**
 * Codes of one dimension are spread over the height, which then means nothing; codes of two dimensions are shown as
 * they are; of more, the two components that explain most of their variance. Both axes have one scale.
 *
 * @throws RangeError if there are no codes, or not one colour for each
 */
export function latentMap({ codes, colors, title = 'Latent map' }: LatentMapOptions): Figure {
  const { count } = codes;
  if (count === 0) throw new RangeError('latentMap: there are no codes to show; give at least one');
  const given = colors?.kind === 'class' ? colors.labels.length : colors?.values.length;
  if (given !== undefined && given !== count) {
    throw new RangeError(`latentMap: ${given} colours for ${count} codes; give one for each`);
  }
  const view = project(codes);
  const legend = colors && legendOf(colors);
  const legendRoom = legend ? LEGEND_GAP + legend.width : 0;
  const { rangeX, rangeY, height } = extent(view);
  const head = heading({
    title,
    caption: [`${formatCount(count)} samples.`, view.caption, ...leftOut(view, rangeX, rangeY)].join(' '),
    width: SIDE + legendRoom,
    titleSize: TITLE_SIZE,
    captionSize: LABEL_SIZE,
  });
  const top = MARGIN + head.height + 1.6 * LABEL_SIZE;
  const shown = linearScale(...rangeY, [top + height, top], { room: height / 80 });
  const y: Scale = view.yLabel === undefined ? { ...shown, ticks: [] } : shown;
  const left = MARGIN + roomLeft(y);
  const x = linearScale(...rangeX, [left, left + SIDE], { room: SIDE / 80 });
  const box = { left, top, width: SIDE, height };
  const plain = classColor(0);
  return {
    title,
    width: Math.ceil(left + SIDE + legendRoom + MARGIN),
    height: Math.ceil(top + Math.max(height + roomBelow(true), legend?.height ?? 0) + MARGIN),
    pixelRatio: 2,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      drawAxes(surface, { box, x, y, xLabel: view.xLabel, yLabel: view.yLabel });
      drawScatter(surface, box, { x: view.x, y: view.y, color: legend?.colorOf ?? (() => plain) }, x, y);
      legend?.draw(surface, left + SIDE + LEGEND_GAP, top);
    },
  };
}

interface View {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xLabel: string;
  /** None where the height means nothing. */
  readonly yLabel?: string;
  readonly caption: string;
}

function project(codes: Points): View {
  const { data, count, dimensions } = codes;
  const column = (values: ArrayLike<number>, width: number, at: number) =>
    Float64Array.from({ length: count }, (_, row) => values[row * width + at]);
  if (dimensions === 1) {
    return {
      x: column(data, 1, 0),
      // Multiples of the golden section fill the height evenly, whatever their number.
      y: Float64Array.from({ length: count }, (_, row) => (row * 0.6180339887) % 1),
      xLabel: 'z0',
      caption: 'The only latent dimension; height has no meaning.',
    };
  }
  if (dimensions === 2) {
    return { x: column(data, 2, 0), y: column(data, 2, 1), xLabel: 'z0', yLabel: 'z1', caption: '' };
  }
  const { projected, explained } = principalComponents(codes, 2);
  const [first, second] = Array.from(explained, (share) => `${formatNumber(100 * share, 2)}%`);
  return {
    x: column(projected, 2, 0),
    y: column(projected, 2, 1),
    xLabel: `first component, ${first} of the variance`,
    yLabel: `second component, ${second} of the variance`,
    caption: `The two principal components explain ${formatNumber(100 * (explained[0] + explained[1]), 2)}% of the variance of ${dimensions} dimensions.`,
  };
}

type Range = readonly [low: number, high: number];

/** Ranges of both axes at one scale, and the height that this scale gives the map. */
function extent({ x, y, yLabel }: View): { rangeX: Range; rangeY: Range; height: number } {
  const [rangeX, rangeY] = [robustRange(x), robustRange(y)];
  if (yLabel === undefined) return { rangeX, rangeY, height: LEAST_HEIGHT };
  const [spanX, spanY] = [rangeX[1] - rangeX[0], rangeY[1] - rangeY[0]];
  const perUnit = SIDE / Math.max(spanX, spanY);
  const height = Math.max(LEAST_HEIGHT, Math.round(spanY * perUnit));
  return { rangeX: widened(rangeX, SIDE / perUnit), rangeY: widened(rangeY, height / perUnit), height };
}

function widened([low, high]: Range, span: number): Range {
  const middle = (low + high) / 2;
  return [middle - span / 2, middle + span / 2];
}

/** A sentence about the points that the map does not show, if there are any. */
function leftOut({ x, y }: View, rangeX: Range, rangeY: Range): string[] {
  let [outside, broken] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) broken++;
    else if (x[i] < rangeX[0] || x[i] > rangeX[1] || y[i] < rangeY[0] || y[i] > rangeY[1]) outside++;
  }
  const parts = [
    ...(outside > 0 ? [`${formatCount(outside)} far outside`] : []),
    ...(broken > 0 ? [`${formatCount(broken)} not finite`] : []),
  ];
  return parts.length > 0 ? [`Not shown: ${parts.join(', ')}.`] : [];
}
