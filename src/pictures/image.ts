/** Pixels in memory: a raster of red, green, blue and opacity, and the few ways in which others are laid over it. */
import type { Coverage } from '../data/strokes.js';
import type { Box } from './box.js';
import type { Rgb } from './color.js';

export class Image {
  /** Red, green, blue and opacity of each pixel, row by row; colours are not multiplied by opacity. */
  readonly data: Uint8Array;

  /** A transparent image, or one of the pixels given. */
  constructor(
    readonly width: number,
    readonly height: number,
    data?: Uint8Array,
  ) {
    if (!isSide(width) || !isSide(height)) {
      throw new RangeError(`image: ${width} × ${height} is not a size; give whole numbers of at least 1`);
    }
    if (data && data.length !== 4 * width * height) {
      throw new RangeError(
        `image: ${width} × ${height} pixels have ${4 * width * height} bytes, not ${data.length}`,
      );
    }
    this.data = data ?? new Uint8Array(4 * width * height);
  }

  /** Paints a box of whole pixels, as far as it lies inside. */
  fill({ left, top, width, height }: Box, color: Rgb, opacity = 1): this {
    const right = Math.min(this.width, left + width);
    const bottom = Math.min(this.height, top + height);
    for (let y = Math.max(0, top); y < bottom; y++) {
      for (let x = Math.max(0, left); x < right; x++)
        this.#blend(y * this.width + x, color[0], color[1], color[2], opacity);
    }
    return this;
  }

  /** Paints a colour where ink covers the pixels. */
  tint(coverage: Coverage, left: number, top: number, color: Rgb, opacity = 1): this {
    const right = Math.min(this.width, left + coverage.width);
    const bottom = Math.min(this.height, top + coverage.height);
    for (let y = Math.max(0, top); y < bottom; y++) {
      for (let x = Math.max(0, left); x < right; x++) {
        const share = coverage.data[(y - top) * coverage.width + x - left];
        if (share > 0) this.#blend(y * this.width + x, color[0], color[1], color[2], share * opacity);
      }
    }
    return this;
  }

  /** Lays another image over this one, stretched to a box of whole pixels; each pixel shows the one it falls on. */
  draw(image: Image, { left, top, width, height }: Box): this {
    const right = Math.min(this.width, left + width);
    const bottom = Math.min(this.height, top + height);
    const { data } = image;
    for (let y = Math.max(0, top); y < bottom; y++) {
      const row = Math.floor(((y - top) * image.height) / height) * image.width;
      for (let x = Math.max(0, left); x < right; x++) {
        const at = 4 * (row + Math.floor(((x - left) * image.width) / width));
        this.#blend(y * this.width + x, data[at], data[at + 1], data[at + 2], data[at + 3] / 255);
      }
    }
    return this;
  }

  /** Lays a colour over a pixel: Porter & Duff's "over" (Compositing digital images, SIGGRAPH 1984). */
  #blend(pixel: number, red: number, green: number, blue: number, opacity: number): void {
    const { data } = this;
    const at = 4 * pixel;
    if (opacity === 1) {
      data[at] = red + 0.5;
      data[at + 1] = green + 0.5;
      data[at + 2] = blue + 0.5;
      data[at + 3] = 255;
      return;
    }
    const below = (data[at + 3] / 255) * (1 - opacity);
    const total = opacity + below;
    if (total === 0) return;
    const [over, under] = [opacity / total, below / total];
    data[at] = red * over + data[at] * under + 0.5;
    data[at + 1] = green * over + data[at + 1] * under + 0.5;
    data[at + 2] = blue * over + data[at + 2] * under + 0.5;
    data[at + 3] = 255 * total + 0.5;
  }
}

function isSide(length: number): boolean {
  return Number.isSafeInteger(length) && length >= 1;
}
