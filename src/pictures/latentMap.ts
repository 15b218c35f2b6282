/**
 * Maps of codes: each sample a point where its code lies, on the two principal components of all codes, coloured by
 * its class or by a value; those of one model, or of several side by side.
 */
import { type Points, principalComponents } from '../data/index.js';
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import type { Box } from './box.js';
import { classColor } from './color.js';
import { heading } from './heading.js';
import { type Legend, legendOf, type PointColors } from './legend.js';
import { linearScale, robustRange, type Scale } from './scale.js';
import { drawScatter } from './scatter.js';
import type { Figure, Surface } from './surface.js';
import { formatCount, formatNumber, HEADING_SIZE, LABEL_SIZE, TITLE_SIZE } from './typesetting.js';

export interface LatentMapOptions {
  codes: Points;
  colors?: PointColors;
  /** @default 'Latent map' */
  title?: string;
}

/** The codes that one of several models gives the samples. */
export interface NamedCodes {
  readonly name: string;
  readonly codes: Points;
}

export interface LatentMapsOptions {
  /** Of the same samples, in the same order. */
  maps: readonly NamedCodes[];
  /** Of the samples. */
  colors?: PointColors;
  /** @default 'Latent maps' */
  title?: string;
}

const SIDE = 600;
/** A flat cloud of points has a map at least this high; codes of one dimension need no more. */
const LEAST_HEIGHT = 260;
const MARGIN = 20;
const LEGEND_GAP = 26;
/** Sides of maps that stand beside others, two or more of them in a row. */
const SIDES_IN_ROW = [420, 340];
const GUTTER = 30;

/**
 * Codes of one dimension are spread over the height, which then means nothing; codes of two dimensions are shown as
 * they are; of more, the two components that explain most of their variance. Both axes have one scale.
 *
 * @throws RangeError if there are no codes, or not one colour for each
 */
export function latentMap({ codes, colors, title = 'Latent map' }: LatentMapOptions): Figure {
  requireCodes('latentMap', codes, colors);
  const legend = colors && legendOf(colors);
  const legendRoom = legend ? LEGEND_GAP + legend.width : 0;
  const map = placeMap(codes, {
    left: MARGIN,
    top: MARGIN,
    side: SIDE,
    name: title,
    nameSize: TITLE_SIZE,
    nameRoom: legendRoom,
    caption: `${formatCount(codes.count)} samples.`,
    legend,
  });
  return {
    title,
    width: Math.ceil(map.right + legendRoom + MARGIN),
    height: Math.ceil(Math.max(map.bottom, map.box.top + (legend?.height ?? 0)) + MARGIN),
    pixelRatio: 2,
    draw(surface) {
      map.draw(surface);
      legend?.draw(surface, map.right + LEGEND_GAP, map.box.top);
    },
  };
}

/**
 * The same samples in the latent spaces of several models, each drawn as a map of its own, with one legend for all.
 *
 * @throws RangeError if there are no maps or codes, or not as many codes in each as there are colours
 */
export function latentMaps({ maps, colors, title = 'Latent maps' }: LatentMapsOptions): Figure {
  const [first] = maps;
  if (first === undefined) throw new RangeError('latentMaps: there are no maps to draw; give at least one');
  for (const { codes } of maps) {
    requireCodes('latentMaps', codes, colors);
    if (codes.count !== first.codes.count)
      throw new RangeError(
        `latentMaps: ${first.name} has codes of ${first.codes.count} samples and another map of ${codes.count}; give those of the same samples`,
      );
  }
  const legend = colors && legendOf(colors);
  const perRow = Math.min(maps.length, SIDES_IN_ROW.length + 1);
  const side = SIDES_IN_ROW[Math.max(0, perRow - 2)];
  const head = heading({
    title,
    caption: `The same ${formatCount(first.codes.count)} samples in each.`,
    width: perRow * side,
    titleSize: TITLE_SIZE,
    captionSize: LABEL_SIZE,
  });
  const placed: PlacedMap[] = [];
  let [left, top] = [MARGIN, MARGIN + head.height];
  maps.forEach(({ name, codes }, i) => {
    if (i > 0 && i % perRow === 0) {
      left = MARGIN;
      top = Math.max(...placed.map(({ bottom }) => bottom)) + GUTTER;
    }
    const map = placeMap(codes, { left, top, side, name, nameSize: HEADING_SIZE, legend });
    placed.push(map);
    left = map.right + GUTTER;
  });
  const right = Math.max(...placed.map((map) => map.right));
  const bottom = Math.max(...placed.map((map) => map.bottom));
  const legendTop = placed[0].box.top;
  return {
    title,
    width: Math.ceil(right + (legend ? LEGEND_GAP + legend.width : 0) + MARGIN),
    height: Math.ceil(Math.max(bottom, legendTop + (legend?.height ?? 0)) + MARGIN),
    pixelRatio: 2,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      for (const map of placed) map.draw(surface);
      legend?.draw(surface, right + LEGEND_GAP, legendTop);
    },
  };
}

function requireCodes(caller: string, { count }: Points, colors: PointColors | undefined): void {
  if (count === 0) throw new RangeError(`${caller}: there are no codes to show; give at least one`);
  const given = colors?.kind === 'class' ? colors.labels.length : colors?.values.length;
  if (given !== undefined && given !== count) {
    throw new RangeError(`${caller}: ${given} colours for ${count} codes; give one for each`);
  }
}

interface MapPlace {
  readonly left: number;
  readonly top: number;
  /** Width of what is drawn within the axes. */
  readonly side: number;
  readonly name: string;
  readonly nameSize: number;
  /** Width beyond the side that name and caption may take. @default 0 */
  readonly nameRoom?: number;
  /** Said before what the map itself has to say. */
  readonly caption?: string;
  readonly legend?: Legend;
}

/** A map under its name, axes and all. */
interface PlacedMap {
  readonly box: Box;
  readonly right: number;
  readonly bottom: number;
  draw(surface: Surface): void;
}

function placeMap(codes: Points, place: MapPlace): PlacedMap {
  const { left, top, side, name, nameSize, nameRoom = 0, caption = '', legend } = place;
  const view = project(codes);
  const { rangeX, rangeY, height } = extent(view, side);
  const head = heading({
    title: name,
    caption: [caption, view.caption, ...leftOut(view, rangeX, rangeY)].join(' '),
    width: side + nameRoom,
    titleSize: nameSize,
    captionSize: LABEL_SIZE,
  });
  const boxTop = top + head.height + 1.6 * LABEL_SIZE;
  const shown = linearScale(...rangeY, [boxTop + height, boxTop], { room: height / 80 });
  const y: Scale = view.yLabel === undefined ? { ...shown, ticks: [] } : shown;
  const boxLeft = left + roomLeft(y);
  const x = linearScale(...rangeX, [boxLeft, boxLeft + side], { room: side / 80 });
  const box = { left: boxLeft, top: boxTop, width: side, height };
  const plain = classColor(0);
  return {
    box,
    right: boxLeft + side,
    bottom: boxTop + height + roomBelow(true),
    draw(surface) {
      head.draw(surface, left, top);
      drawAxes(surface, { box, x, y, xLabel: view.xLabel, yLabel: view.yLabel });
      drawScatter(surface, box, { x: view.x, y: view.y, color: legend?.colorOf ?? (() => plain) }, x, y);
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

/** Ranges of both axes at one scale, and the height that this scale gives a map of some width. */
function extent({ x, y, yLabel }: View, side: number): { rangeX: Range; rangeY: Range; height: number } {
  const [rangeX, rangeY] = [robustRange(x), robustRange(y)];
  if (yLabel === undefined) return { rangeX, rangeY, height: LEAST_HEIGHT };
  const [spanX, spanY] = [rangeX[1] - rangeX[0], rangeY[1] - rangeY[0]];
  const perUnit = side / Math.max(spanX, spanY);
  const height = Math.max(LEAST_HEIGHT, Math.round(spanY * perUnit));
  return { rangeX: widened(rangeX, side / perUnit), rangeY: widened(rangeY, height / perUnit), height };
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
