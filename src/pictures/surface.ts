/**
 * What figures are drawn on: a handful of marks in figure units, y down, from which both the SVG and the PNG of a
 * figure are made, so that they have the same geometry.
 */
import type { Polyline } from '../data/strokes.js';
import type { Box } from './box.js';
import type { Paint } from './color.js';
import type { Weight } from './font.js';
import type { Image } from './image.js';

export interface LineStyle {
  readonly paint: Paint;
  readonly width: number;
  /** @default 1 */
  readonly opacity?: number;
}

export interface TextStyle {
  readonly size: number;
  /** @default 'ink' */
  readonly paint?: Paint;
  /** @default 'regular' */
  readonly weight?: Weight;
  /** What of the text stands at x. @default 'start' */
  readonly anchor?: 'start' | 'middle' | 'end';
}

export interface Surface {
  rect(box: Box, paint: Paint, opacity?: number): void;
  /** A line through points x₀, y₀, x₁, y₁ …, with round ends. */
  line(points: Polyline, style: LineStyle): void;
  dot(x: number, y: number, radius: number, paint: Paint): void;
  /** One line of text; y is its baseline. */
  text(text: string, x: number, y: number, style: TextStyle): void;
  /** Pixels stretched to a box without smoothing. */
  image(image: Image, box: Box): void;
}

/** Something that can be drawn on any surface. */
export interface Figure {
  /** What the figure shows, in a few words: its name for people who do not see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Pixels of a PNG for one figure unit: 1 for pictures, whose pixels are the matter, 2 for lines and letters. */
  readonly pixelRatio: number;
  draw(surface: Surface): void;
}
