/** Tables of few quantities as clouds of points: each set of rows, such as data and samples, in the same axes. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import { classColor } from './color.js';
import { linearScale, robustRange } from './scale.js';
import { drawScatter } from './scatter.js';
import { type Panel, smallMultiples } from './smallMultiples.js';
import type { Figure } from './surface.js';
import { columnValues, requireSameColumns, type TableRows } from './tableColumns.js';

export interface ColumnPairsOptions {
  /** Side by side: data, reconstructions, samples. */
  sets: readonly { readonly name: string; readonly rows: TableRows }[];
  /** @default 'Pairs of columns' */
  title?: string;
}

/** More columns than this have too many pairs to look at. */
export const MOST_PAIRED_COLUMNS = 3;

/**
 * A row of clouds for each pair of columns, one cloud for each set; the axes have the range of the first set.
 *
 * @throws RangeError if there are not two or three columns, or the sets differ in them
 */
export function columnPairs({ sets, title = 'Pairs of columns' }: ColumnPairsOptions): Figure {
  requireSameColumns(
    'columnPairs',
    sets.map(({ rows }) => rows),
  );
  const [first] = sets;
  const { columns } = first.rows;
  if (columns.length < 2 || columns.length > MOST_PAIRED_COLUMNS) {
    throw new RangeError(`columnPairs: ${columns.length} columns; give two or three`);
  }
  const pairs = columns.flatMap((_, i) => columns.slice(i + 1).map((_, k) => [i, i + 1 + k] as const));
  return smallMultiples({
    title,
    perRow: sets.length,
    panelHeight: sets.length === 1 ? 480 : 900 / sets.length,
    panels: pairs.flatMap(([across, up]) => {
      const rangeX = robustRange(columnValues(first.rows, across));
      const rangeY = robustRange(columnValues(first.rows, up));
      return sets.map(({ name, rows }, set): Panel => {
        const [xs, ys] = [columnValues(rows, across), columnValues(rows, up)];
        return {
          name,
          note: `${columns[up].name} over ${columns[across].name}`,
          draw(surface, outer) {
            const { top } = outer;
            const height = outer.height - roomBelow(true);
            const y = linearScale(...rangeY, [top + height, top], { room: height / 60 });
            const left = outer.left + roomLeft(y);
            const width = outer.left + outer.width - left;
            const x = linearScale(...rangeX, [left, left + width], { room: width / 70 });
            const box = { left, top, width, height };
            drawAxes(surface, { box, x, y, xLabel: columns[across].name });
            const color = classColor(set);
            drawScatter(surface, box, { x: xs, y: ys, color: () => color }, x, y);
          },
        };
      });
    }),
  });
}
