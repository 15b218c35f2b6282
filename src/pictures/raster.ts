/** Figures as pixels, and so as PNG. */
import { Coverage, type Polyline } from '../data/strokes.js';
import type { Box } from './box.js';
import { type Paint, rgbOf, theme } from './color.js';
import { Font } from './font.js';
import { Image } from './image.js';
import { encodePng, type PngOptions } from './png.js';
import type { Figure, LineStyle, Surface, TextStyle } from './surface.js';

export interface RasterOptions {
  /** Pixels for one figure unit. @default the figure's own */
  pixelRatio?: number;
}

export function toImage(figure: Figure, { pixelRatio = figure.pixelRatio }: RasterOptions = {}): Image {
  const surface = new RasterSurface(
    Math.ceil(figure.width * pixelRatio),
    Math.ceil(figure.height * pixelRatio),
    pixelRatio,
  );
  figure.draw(surface);
  return surface.canvas;
}

/** A PNG file; it carries the figure's title. */
export function toPng(figure: Figure, { text, ...options }: RasterOptions & PngOptions = {}): Uint8Array {
  return encodePng(toImage(figure, options), { text: { Title: figure.title, ...text } });
}

class RasterSurface implements Surface {
  readonly canvas: Image;
  readonly #fonts = new Map<string, Font>();

  constructor(
    width: number,
    height: number,
    readonly ratio: number,
  ) {
    this.canvas = new Image(width, height).fill({ left: 0, top: 0, width, height }, theme.paper);
  }

  rect(box: Box, paint: Paint, opacity = 1): void {
    this.canvas.fill(this.#pixels(box), rgbOf(paint), opacity);
  }

  line(points: Polyline, { paint, width, opacity = 1 }: LineStyle): void {
    this.#stroke(points, (width / 2) * this.ratio, paint, opacity);
  }

  dot(x: number, y: number, radius: number, paint: Paint): void {
    this.#stroke([x, y], radius * this.ratio, paint, 1);
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    const { size, paint = 'ink', weight = 'regular', anchor = 'start' } = style;
    const key = `${size} ${weight}`;
    const font = this.#fonts.get(key) ?? new Font(size * this.ratio, weight);
    this.#fonts.set(key, font);
    const glyphs = font.glyphs(text);
    const width = glyphs.reduce((sum, { advance }) => sum + advance, 0);
    const share = { start: 0, middle: 0.5, end: 1 }[anchor];
    const baseline = Math.round(y * this.ratio);
    let pen = Math.round(x * this.ratio - share * width);
    for (const { coverage, left, top, advance } of glyphs) {
      this.canvas.tint(coverage, pen + left, baseline + top, rgbOf(paint));
      pen += advance;
    }
  }

  image(image: Image, box: Box): void {
    this.canvas.draw(image, this.#pixels(box));
  }

  /** A box in whole pixels, at least one each way. */
  #pixels({ left, top, width, height }: Box): Box {
    const [x, y] = [Math.round(left * this.ratio), Math.round(top * this.ratio)];
    return {
      left: x,
      top: y,
      width: Math.max(1, Math.round((left + width) * this.ratio) - x),
      height: Math.max(1, Math.round((top + height) * this.ratio) - y),
    };
  }

  #stroke(points: Polyline, radius: number, paint: Paint, opacity: number): void {
    const pixels = Array.from(points, (at) => at * this.ratio);
    const { left, top, width, height } = reached(pixels, radius, this.canvas);
    if (width <= 0 || height <= 0) return;
    const coverage = new Coverage(width, height);
    coverage.stroke(
      pixels.map((at, i) => at - (i % 2 === 0 ? left : top)),
      radius,
    );
    this.canvas.tint(coverage, left, top, rgbOf(paint), opacity);
  }
}

/** The pixels of a canvas that a stroke can touch. */
function reached(points: readonly number[], radius: number, canvas: Image): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]);
    right = Math.max(right, points[i]);
    top = Math.min(top, points[i + 1]);
    bottom = Math.max(bottom, points[i + 1]);
  }
  const reach = radius + 0.5;
  left = Math.max(0, Math.floor(left - reach));
  top = Math.max(0, Math.floor(top - reach));
  const width = Math.min(canvas.width, Math.ceil(right + reach)) - left;
  const height = Math.min(canvas.height, Math.ceil(bottom + reach)) - top;
  return { left, top, width, height };
}
