/** How the columns of samples are distributed, beside those of the data where these are at hand. */
import type { Column } from '../data/index.js';
import { roomBelow } from './axes.js';
import { categoryScale } from './categoryScale.js';
import { type Binning, drawHistograms } from './histograms.js';
import { linearScale, robustRange, type Span } from './scale.js';
import { type Panel, smallMultiples } from './smallMultiples.js';
import type { Figure } from './surface.js';
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
