/**
 * Pictures in rows and columns, with names at the left and above. Small pictures are shown enlarged by a whole factor,
 * so that every pixel is a square; large ones are reduced by a whole factor.
 */
import type { Box } from './box.js';
import { textWidth } from './font.js';
import { heading } from './heading.js';
import type { Image } from './image.js';
import { reduced } from './pictures.js';
import type { Figure } from './surface.js';
import { HALF_CAPITAL, truncate } from './typesetting.js';

export interface GridOptions {
  title: string;
  /** A line or two under the title. */
  caption?: string;
  /** Row by row, all of one size; the last row may be shorter. */
  images: readonly Image[];
  columns: number;
  /** Beside the rows. */
  rowLabels?: readonly string[];
  /** Above the columns. */
  columnLabels?: readonly string[];
  /** Rows that belong together: after so many there is a wider gap. @default all */
  rowsPerGroup?: number;
  /** Pictures touch, as parts of one map. @default false */
  seamless?: boolean;
}

// Larger than in plots, which are drawn at twice the pixels.
const TITLE_SIZE = 18;
const LABEL_SIZE = 14;
const MARGIN = 20;
const GAP = 5;
const GROUP_GAP = 16;
/** Pictures are enlarged as long as a row, and each of them, stays within these. */
const ENLARGED_ROW = 1200;
const ENLARGED_CELL = 128;
/** Pictures are reduced until they are within these. */
const REDUCED_ROW = 2000;
const REDUCED_CELL = 512;
/** Room for a title where the pictures leave less. */
const NARROWEST = 420;
const WIDEST_ROW_LABEL = 220;
const LABEL_GAP = 10;

/** @throws RangeError if there are no images */
export function pictureGrid(options: GridOptions): Figure {
  const { title, caption, columns, rowLabels = [], columnLabels = [], seamless = false } = options;
  const { images, factor } = sized(options.images, columns);
  const rows = Math.ceil(images.length / columns);
  const { rowsPerGroup = rows } = options;
  const [cellWidth, cellHeight] = [images[0].width * factor, images[0].height * factor];
  const gap = seamless ? 0 : GAP;
  const labelRoom = rowLabels.length > 0 ? Math.min(WIDEST_ROW_LABEL, widest(rowLabels)) + LABEL_GAP : 0;
  const left = MARGIN + Math.ceil(labelRoom);
  const width = Math.max(NARROWEST, left + columns * (cellWidth + gap) - gap + MARGIN);
  const head = heading({
    title,
    caption,
    width: width - 2 * MARGIN,
    titleSize: TITLE_SIZE,
    captionSize: LABEL_SIZE,
  });
  const top = Math.ceil(MARGIN + head.height + (columnLabels.length > 0 ? 1.8 * LABEL_SIZE : 0));
  const x = (column: number) => left + column * (cellWidth + gap);
  const y = (row: number) =>
    top + row * (cellHeight + gap) + Math.floor(row / rowsPerGroup) * (GROUP_GAP - gap);
  return {
    title,
    width,
    height: y(rows - 1) + cellHeight + MARGIN,
    pixelRatio: 1,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      everyFitting(columnLabels, (widest(columnLabels) + 8) / (cellWidth + gap), (label, column) => {
        surface.text(label, x(column) + cellWidth / 2, top - 0.7 * LABEL_SIZE, {
          size: LABEL_SIZE,
          paint: 'muted',
          anchor: 'middle',
        });
      });
      everyFitting(rowLabels, (1.2 * LABEL_SIZE) / (cellHeight + gap), (label, row) => {
        const text = truncate(label, WIDEST_ROW_LABEL, LABEL_SIZE);
        surface.text(text, left - LABEL_GAP, y(row) + cellHeight / 2 + HALF_CAPITAL * LABEL_SIZE, {
          size: LABEL_SIZE,
          paint: 'muted',
          anchor: 'end',
        });
      });
      images.forEach((image, i) => {
        const column = i % columns;
        const row = Math.floor(i / columns);
        const cell = { left: x(column), top: y(row), width: cellWidth, height: cellHeight };
        // A hairline all round, without which pictures on white would run into each other; paper behind the see-through.
        if (!seamless) surface.rect(grown(cell, 1), 'grid');
        surface.rect(cell, 'paper');
        surface.image(image, cell);
      });
    },
  };
}

function grown({ left, top, width, height }: Box, by: number): Box {
  return { left: left - by, top: top - by, width: width + 2 * by, height: height + 2 * by };
}

/** Images reduced to fit, or the factor by which they are to be enlarged. */
function sized(images: readonly Image[], columns: number): { images: readonly Image[]; factor: number } {
  const [first] = images;
  if (first === undefined) throw new RangeError('grid: there are no pictures to show; give at least one');
  const within = (cell: number, row: number) =>
    Math.min(cell, row / columns) / Math.max(first.width, first.height);
  const shrink = Math.ceil(1 / within(REDUCED_CELL, REDUCED_ROW));
  if (shrink > 1) return { images: images.map((image) => reduced(image, shrink)), factor: 1 };
  return { images, factor: Math.max(1, Math.floor(within(ENLARGED_CELL, ENLARGED_ROW))) };
}

function widest(labels: readonly string[]): number {
  // Letters are whole pixels wide, which makes a text a little wider than it is measured.
  return 1.04 * LABEL_SIZE * Math.max(0, ...labels.map((label) => textWidth(label)));
}

/** Calls for every label, or for every second, third … where each takes more than one place. */
function everyFitting(
  labels: readonly string[],
  places: number,
  draw: (label: string, index: number) => void,
): void {
  const stride = Math.max(1, Math.ceil(places));
  labels.forEach((label, i) => {
    if (i % stride === 0) draw(label, i);
  });
}
