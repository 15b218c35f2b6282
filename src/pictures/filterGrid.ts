/** Weights of single units as small pictures: those of one model, or of several in groups of rows under each other. */
import { pictureGrid } from './grid.js';
import { imagesOf, type Pictures } from './pictures.js';
import type { GridText } from './sampleGrids.js';
import { robustRange } from './scale.js';
import type { Figure } from './surface.js';
import { formatNumber } from './typesetting.js';

/** The filters of one model. */
export interface Filters {
  /** Stands beside its rows, where there is one. */
  readonly name?: string;
  /** Weights as they are, of any sign, [units, height, width, channels]. */
  readonly weights: Pictures;
}

export interface FilterGridOptions extends GridText {
  filters: readonly Filters[];
  /** Units of each model that are shown, from the first, as many as fill rows. @default 64 */
  count?: number;
}

const COLUMNS = 16;

/**
 * One scale of greys for the whole figure: 0 is the middle grey, and black and white are as far from it.
 *
 * @throws RangeError if there are no filters, or those of different models differ in size
 */
export function filterGrid({ filters, count = 64, title = 'Filters', caption }: FilterGridOptions): Figure {
  const least = Math.min(...filters.map(({ weights }) => weights.shape[0]));
  if (filters.length === 0 || least < 1)
    throw new RangeError('filterGrid: there are no filters to show; give at least one');
  const [first, ...others] = filters.map(({ weights }) => weights.shape.slice(1).join('×'));
  const other = others.find((size) => size !== first);
  if (other !== undefined)
    throw new RangeError(
      `filterGrid: filters of ${first} and of ${other} cannot share a figure; draw them apart`,
    );
  const columns = Math.min(COLUMNS, least, count);
  const rows = Math.floor(Math.min(count, least) / columns);
  const shown = filters.map(({ weights }) => firstOf(weights, rows * columns));
  const limit = limitOf(shown);
  const end = formatNumber(limit, 2);
  return pictureGrid({
    title,
    caption: caption ?? `Grey is 0, white ${end} and more, black −${end} and less.`,
    images: shown.flatMap((weights) => imagesOf(asShades(weights, limit))),
    columns,
    rowsPerGroup: rows,
    rowLabels: filters.some(({ name }) => name !== undefined)
      ? filters.flatMap(({ name = '' }) => Array.from({ length: rows }, (_, row) => (row === 0 ? name : '')))
      : [],
  });
}

function firstOf({ data, shape: [, ...event] }: Pictures, count: number): Pictures {
  const size = event.reduce((product, side) => product * side, count);
  return { data: data.slice(0, size), shape: [count, ...event] };
}

/** The weight, of either sign, that is shown as black or white: nearly all lie within. */
function limitOf(shown: readonly Pictures[]): number {
  const [low, high] = robustRange(Float64Array.from(shown.flatMap(({ data }) => Array.from(data))), 0);
  return Math.max(-low, high);
}

/** As intensities from 0 to 1. */
function asShades({ data, shape }: Pictures, limit: number): Pictures {
  return { data: Float32Array.from(data, (weight) => 0.5 + weight / (2 * limit)), shape };
}
