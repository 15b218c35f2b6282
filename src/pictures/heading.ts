/** The head of a figure: its title and a caption, broken into lines. */
import type { Surface } from './surface.js';
import { wrap } from './typesetting.js';

export interface HeadingOptions {
  title: string;
  caption?: string;
  /** What lines are broken to. */
  width: number;
  titleSize: number;
  captionSize: number;
}

export interface Heading {
  /** Height that it takes, with the space below it. */
  readonly height: number;
  draw(surface: Surface, left: number, top: number): void;
}

const TITLE_LEADING = 1.3;
const CAPTION_LEADING = 1.45;
const SPACE_BELOW = 10;

export function heading({ title, caption = '', width, titleSize, captionSize }: HeadingOptions): Heading {
  const titleLines = wrap(title, width, titleSize, 'bold');
  const captionLines = wrap(caption, width, captionSize);
  const titleHeight = TITLE_LEADING * titleSize * titleLines.length;
  return {
    height: Math.ceil(titleHeight + CAPTION_LEADING * captionSize * captionLines.length + SPACE_BELOW),
    draw(surface, left, top) {
      titleLines.forEach((line, i) => {
        surface.text(line, left, top + titleSize * (1 + TITLE_LEADING * i), {
          size: titleSize,
          weight: 'bold',
        });
      });
      captionLines.forEach((line, i) => {
        const baseline = top + titleHeight + captionSize * (1.1 + CAPTION_LEADING * i);
        surface.text(line, left, baseline, { size: captionSize, paint: 'muted' });
      });
    },
  };
}
