/** A figure of several plots in rows, each under its name. */
import type { Box } from './box.js';
import { textWidth } from './font.js';
import { heading } from './heading.js';
import type { Figure, Surface } from './surface.js';
import { HEADING_SIZE, LABEL_SIZE, TITLE_SIZE, truncate } from './typesetting.js';

export interface Panel {
  readonly name: string;
  /** Said beside the name, in muted letters. */
  readonly note?: string;
  /** Draws what belongs to the panel into its box, ticks and all. */
  draw(surface: Surface, box: Box): void;
}

export interface SmallMultiplesOptions {
  title: string;
  caption?: string;
  panels: readonly Panel[];
  perRow: number;
  /** Height of a panel without its name. */
  panelHeight: number;
  /** The first panel takes the places that a last row would leave empty. @default false */
  widenFirst?: boolean;
}

const WIDTH = 880;
const MARGIN = 20;
const GUTTER = 28;
const NAME_HEIGHT = 2 * HEADING_SIZE;

export function smallMultiples(options: SmallMultiplesOptions): Figure {
  const { title, caption, panels, perRow, panelHeight, widenFirst = false } = options;
  const head = heading({
    title,
    caption,
    width: WIDTH - 2 * MARGIN,
    titleSize: TITLE_SIZE,
    captionSize: LABEL_SIZE,
  });
  const rows = Math.ceil(panels.length / perRow);
  const top = MARGIN + head.height;
  const columns = widenFirst ? perRow : Math.min(perRow, panels.length);
  const width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) / columns;
  const missing = widenFirst ? rows * columns - panels.length : 0;
  const boxOf = (index: number): Box => {
    const place = index === 0 ? 0 : index + missing;
    return {
      left: MARGIN + (place % columns) * (width + GUTTER),
      top: top + Math.floor(place / columns) * (NAME_HEIGHT + panelHeight + GUTTER),
      width: index === 0 ? width + missing * (width + GUTTER) : width,
      height: panelHeight,
    };
  };
  return {
    title,
    width: WIDTH,
    height: top + rows * (NAME_HEIGHT + panelHeight + GUTTER) - GUTTER + MARGIN,
    pixelRatio: 2,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      panels.forEach(({ name, note, draw }, i) => {
        const box = boxOf(i);
        drawName(surface, name, note, box);
        draw(surface, { ...box, top: box.top + NAME_HEIGHT });
      });
    },
  };
}

function drawName(surface: Surface, name: string, note: string | undefined, { left, top, width }: Box): void {
  const noteWidth = note ? LABEL_SIZE * textWidth(`   ${note}`) : 0;
  const text = truncate(name, width - noteWidth, HEADING_SIZE, 'bold');
  const baseline = top + HEADING_SIZE;
  surface.text(text, left, baseline, { size: HEADING_SIZE, weight: 'bold' });
  if (note) {
    const at = left + HEADING_SIZE * textWidth(`${text}  `, 'bold');
    surface.text(note, at, baseline, { size: LABEL_SIZE, paint: 'muted' });
  }
}
