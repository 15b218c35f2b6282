/** How the columns of samples are distributed, beside those of the data where these are at hand. */
import type { Column } from '../data/index.js';
import { drawAxes, roomBelow } from './axes.js';
import type { Box } from './box.js';
import { categoryScale } from './categoryScale.js';
import { classColor } from './color.js';
import { linearScale, robustRange, type Scale, type Span } from './scale.js';
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

export interface ColumnHistogramsOptions {
  /** Drawn behind the samples. */
  data?: TableRows;
  samples: TableRows;
  /** @default 'Columns of data and samples' */
  title?: string;
}

const BINS = 32;
const LINE_WIDTH = 1.75;
/** The data is drawn lighter, so that the line over it is seen. */
const DATA_OPACITY = 0.45;

/** @throws RangeError if the tables have different columns, or no rows */
export function columnHistograms(options: ColumnHistogramsOptions): Figure {
  const { data, samples, title = 'Columns of data and samples' } = options;
  requireSameColumns('columnHistograms', data ? [data, samples] : [samples]);
  const { columns } = samples;
  return smallMultiples({
    title,
    caption: `${data ? 'Filled: the data; line: samples; heights' : 'Heights'} are shares of the rows. ${columnsCaption(columns)}`,
    perRow: 4,
    panelHeight: 140,
    panels: columns.slice(0, MOST_COLUMNS).map((column, i): Panel => {
      const [before, after] = [data && columnValues(data, i), columnValues(samples, i)];
      return {
        name: column.name,
        draw: (surface, outer) => {
          const box = { ...outer, height: outer.height - roomBelow(false) };
          drawHistograms(
            surface,
            box,
            binning(column, before ?? after, [box.left, box.left + box.width]),
            before,
            after,
          );
        },
      };
    }),
  });
}

interface Binning {
  readonly x: Scale;
  /** Equal parts of the axis. */
  readonly bins: number;
}

function binning(column: Column, values: Float64Array, span: Span): Binning {
  const categories = categoriesOf(column);
  if (categories) {
    return { x: categoryScale(categories, span, WIDEST_CATEGORY), bins: categories.length };
  }
  if (column.type === 'numeric') {
    return { x: linearScale(...robustRange(values), span, { room: 3 }), bins: BINS };
  }
  // As many counts to each bin, or bins of few would stand beside bins of many.
  const [least, most] = robustRange(values, 0);
  const [first, last] = [Math.ceil(least), Math.floor(most)];
  const perBin = Math.max(1, Math.ceil((last - first + 1) / BINS));
  const bins = Math.max(1, Math.ceil((last - first + 1) / perBin));
  return { x: linearScale(first - 0.5, first - 0.5 + bins * perBin, span, { room: 3, finest: 1 }), bins };
}

function drawHistograms(
  surface: Surface,
  box: Box,
  { x, bins }: Binning,
  data: Float64Array | undefined,
  samples: Float64Array,
): void {
  const [filled, line] = [data ?? new Float64Array(0), samples].map((values) => sharesOf(values, x, bins));
  const highest = Math.max(...filled, ...line, Number.MIN_VALUE);
  const y = linearScale(0, 1.05 * highest, [box.top + box.height, box.top], { room: 0 });
  drawAxes(surface, { box, x, y: { ...y, ticks: [] } });
  const width = box.width / bins;
  const gap = Math.min(1, width / 8);
  const outline = [box.left, y.at(0)];
  for (let bin = 0; bin < bins; bin++) {
    const left = box.left + bin * width;
    const top = y.at(filled[bin]);
    const bar = { left: left + gap / 2, top, width: width - gap, height: box.top + box.height - top };
    if (filled[bin] > 0) surface.rect(bar, classColor(0), DATA_OPACITY);
    outline.push(left, y.at(line[bin]), left + width, y.at(line[bin]));
  }
  outline.push(box.left + box.width, y.at(0));
  surface.line(outline, { paint: classColor(1), width: LINE_WIDTH });
}

/** Share of the finite values that falls into each bin; what lies beyond the axis counts, but is not shown. */
function sharesOf(values: Float64Array, { low, high }: Scale, bins: number): Float64Array {
  const shares = new Float64Array(bins);
  const finite = values.filter(Number.isFinite);
  for (const value of finite) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) shares[bin] += 1 / finite.length;
  }
  return shares;
}
