/** A run in one picture: the curve of its loss beside what came of it. */
import { classColor } from './color.js';
import type { Image } from './image.js';
import { imagesOf, type Pictures } from './pictures.js';
import { drawPlot, type Series } from './plot.js';
import { type Panel, smallMultiples } from './smallMultiples.js';
import type { Figure } from './surface.js';

export interface TilesOptions {
  readonly name: string;
  /** Said beside the name. */
  readonly note?: string;
  /** Row by row. */
  readonly pictures: Pictures;
  readonly columns: number;
}

export interface OverviewOptions {
  readonly title: string;
  /** Loss over steps: training, validation … */
  readonly curve: { readonly name: string; readonly note?: string; readonly series: readonly Series[] };
  /** Pictures in panels of their own. */
  readonly tiles: readonly TilesOptions[];
}

const PANEL_HEIGHT = 215;
const GAP = 3;
/** Figure units for one pixel of a PNG: what pixels of pictures are enlarged by is a multiple of it. */
const FINEST = 0.5;

export function overview({ title, curve, tiles }: OverviewOptions): Figure {
  const series = curve.series.map((each, i) => ({ ...each, paint: classColor(i) }));
  return smallMultiples({
    title,
    // The curve is as wide as two of the others.
    perRow: 2 + tiles.length,
    widenFirst: true,
    panelHeight: PANEL_HEIGHT,
    panels: [
      {
        name: curve.name,
        note: curve.note,
        draw: (surface, box) => drawPlot(surface, box, { series, xLabel: 'step' }),
      },
      ...tiles.map(tilesPanel),
    ],
  });
}

/** A panel of pictures, as large as they fit. */
export function tilesPanel({ name, note, pictures, columns }: TilesOptions): Panel {
  const images = imagesOf(pictures);
  return {
    name,
    note,
    draw(surface, box) {
      const [{ width, height }] = images;
      const rows = Math.ceil(images.length / columns);
      const room = (length: number, count: number) => (length + GAP) / count - GAP;
      const largest = Math.min(room(box.width, columns) / width, room(box.height, rows) / height);
      const factor = Math.max(FINEST, Math.floor(largest / FINEST) * FINEST);
      images.forEach((image: Image, i) => {
        surface.image(image, {
          left: box.left + (i % columns) * (width * factor + GAP),
          top: box.top + Math.floor(i / columns) * (height * factor + GAP),
          width: width * factor,
          height: height * factor,
        });
      });
    },
  };
}
