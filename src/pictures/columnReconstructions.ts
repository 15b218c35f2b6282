/** How well each column of a table is reconstructed: quantities true against reconstructed, categories confused with each other. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import type { Box } from './box.js';
import { categoryScale } from './categoryScale.js';
import { classColor } from './color.js';
import { Image } from './image.js';
import { linearScale, robustRange, type Scale, type Span } from './scale.js';
import { drawScatter } from './scatter.js';
import { type Panel, smallMultiples } from './smallMultiples.js';
import type { Figure, Surface } from './surface.js';
import {
  categoriesOf,
  columnsCaption,
  columnValues,
  MOST_COLUMNS,
  requireSameColumns,
  type TableRows,
  WIDEST_CATEGORY,
} from './tableColumns.js';
import { formatNumber } from './typesetting.js';

export interface ColumnReconstructionsOptions {
  originals: TableRows;
  /** Of the same rows, in the same order. */
  reconstructions: TableRows;
  /** @default 'Reconstructed columns' */
  title?: string;
}

/** @throws RangeError if the tables differ in size */
export function columnReconstructions(options: ColumnReconstructionsOptions): Figure {
  const { originals, reconstructions, title = 'Reconstructed columns' } = options;
  requireSameColumns('columnReconstructions', [originals, reconstructions]);
  if (originals.data.length !== reconstructions.data.length) {
    throw new RangeError(
      'columnReconstructions: the tables differ in their numbers of rows; give the same rows',
    );
  }
  const { columns } = originals;
  return smallMultiples({
    title,
    caption: `Across: the true values; up: the reconstructed ones. ${columnsCaption(columns)}`,
    perRow: 4,
    panelHeight: 200,
    panels: columns.slice(0, MOST_COLUMNS).map((column, i): Panel => {
      const truth = columnValues(originals, i);
      const guess = columnValues(reconstructions, i);
      const categories = categoriesOf(column);
      return categories
        ? {
            name: column.name,
            note: agreementNote(truth, guess),
            draw: (surface, box) => drawConfusion(surface, box, truth, guess, categories),
          }
        : {
            name: column.name,
            note: determinationNote(truth, guess),
            draw: (surface, box) => drawAgainst(surface, box, truth, guess),
          };
    }),
  });
}

function determinationNote(truth: Float64Array, guess: Float64Array): string {
  if (finitePairs(truth, guess).length === 0) return 'no values';
  const share = determination(truth, guess);
  return Number.isFinite(share) ? `R² ${formatNumber(share, 3)}` : 'constant';
}

function agreementNote(truth: Float64Array, guess: Float64Array): string {
  const pairs = finitePairs(truth, guess);
  if (pairs.length === 0) return 'no values';
  const right = pairs.filter((i) => truth[i] === guess[i]).length;
  return `${formatNumber((100 * right) / pairs.length, 3)}% right`;
}

/** R² = 1 − Σ(x − x̂)² / Σ(x − x̄)² over pairs of finite values; not finite where x does not vary. */
export function determination(truth: Float64Array, guess: Float64Array): number {
  const pairs = finitePairs(truth, guess);
  const mean = pairs.reduce((sum, i) => sum + truth[i], 0) / pairs.length;
  const rest = pairs.reduce((sum, i) => sum + (truth[i] - guess[i]) ** 2, 0);
  const whole = pairs.reduce((sum, i) => sum + (truth[i] - mean) ** 2, 0);
  return 1 - rest / whole;
}

function finitePairs(truth: Float64Array, guess: Float64Array): number[] {
  return Array.from(truth.keys()).filter((i) => Number.isFinite(truth[i]) && Number.isFinite(guess[i]));
}

/** Points on the diagonal are reconstructed exactly. */
function drawAgainst(surface: Surface, outer: Box, truth: Float64Array, guess: Float64Array): void {
  // Both axes have the range of the truth: a reconstruction far off shall not shrink the rest.
  const [low, high] = robustRange(truth);
  const { box, x, y } = squareAxes(outer, (span, room) => linearScale(low, high, span, { room }));
  drawAxes(surface, { box, x, y });
  surface.line([box.left, box.top + box.height, box.left + box.width, box.top], { paint: 'muted', width: 1 });
  const color = classColor(0);
  drawScatter(surface, box, { x: truth, y: guess, color: () => color }, x, y);
}

/** Column by column, how the samples of a true category were shared out over the categories. */
function drawConfusion(
  surface: Surface,
  outer: Box,
  truth: Float64Array,
  guess: Float64Array,
  categories: readonly string[],
): void {
  const size = categories.length;
  const counts = new Float64Array(size * size);
  const totals = new Float64Array(size);
  for (const i of finitePairs(truth, guess)) {
    if (!(truth[i] in categories) || !(guess[i] in categories)) continue;
    counts[truth[i] * size + guess[i]]++;
    totals[truth[i]]++;
  }
  const shares = new Image(size, size);
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      const cell = { left: from, top: size - 1 - to, width: 1, height: 1 };
      const share = counts[from * size + to] / Math.max(1, totals[from]);
      shares.fill(cell, classColor(0), share);
    }
  }
  const { box, x, y } = squareAxes(outer, (span) => categoryScale(categories, span, WIDEST_CATEGORY));
  drawAxes(surface, { box, x, y });
  surface.image(shares, box);
}

/** The box that remains beside the ticks, and one kind of scale for both axes. */
function squareAxes(
  outer: Box,
  scale: (span: Span, room: number) => Scale,
): { box: Box; x: Scale; y: Scale } {
  const { top } = outer;
  const height = outer.height - roomBelow(false);
  const y = scale([top + height, top], 4);
  const left = outer.left + roomLeft(y);
  const width = outer.left + outer.width - left;
  return { box: { left, top, width, height }, x: scale([left, left + width], 3), y };
}
