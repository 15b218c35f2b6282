/** How a training went: one plot for each term of the loss, with a line for each part of the data. */
import { classColor } from './color.js';
import { drawPlot, isDense, MEAN_SHARE, type Series } from './plot.js';
import { smallMultiples } from './smallMultiples.js';
import type { Figure } from './surface.js';

export interface LossTerm {
  /** Loss, reconstruction, kl … */
  readonly name: string;
  /** Said beside the name: a unit, a weight. */
  readonly note?: string;
  /** Training, validation …; the same label has the same colour in every plot. */
  readonly series: readonly Series[];
}

export interface LossCurvesOptions {
  terms: readonly LossTerm[];
  /** @default 'Loss' */
  title?: string;
  /** @default 'step' */
  xLabel?: string;
  /** @default 'linear' */
  scale?: 'linear' | 'log';
}

/** @throws RangeError if there is no term, or a series has not as many steps as values */
export function lossCurves(options: LossCurvesOptions): Figure {
  const { terms, title = 'Loss', xLabel = 'step', scale } = options;
  if (terms.length === 0) throw new RangeError('lossCurves: there is no term to draw; give at least one');
  for (const { name, series } of terms) {
    for (const { label, x, y } of series) {
      if (x.length !== y.length) {
        throw new RangeError(
          `lossCurves: '${label}' of term '${name}' has ${x.length} steps and ${y.length} values; give as many of each`,
        );
      }
    }
  }
  const labels = [...new Set(terms.flatMap(({ series }) => series.map(({ label }) => label)))];
  const hasDense = terms.some(({ series }) => series.some(({ y }) => isDense(y)));
  return smallMultiples({
    title,
    caption: hasDense
      ? `Faint: every value; strong: means over ${100 * MEAN_SHARE}% of the values.`
      : undefined,
    perRow: 2,
    widenFirst: true,
    panelHeight: 205,
    panels: terms.map(({ name, note, series }) => {
      const painted = series.map((each) => ({ ...each, paint: classColor(labels.indexOf(each.label)) }));
      return {
        name,
        note,
        draw: (surface, box) => drawPlot(surface, box, { series: painted, xLabel, scale }),
      };
    }),
  });
}
