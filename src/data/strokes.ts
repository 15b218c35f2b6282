/**
 * Pen strokes to pixels: lines with round caps and joins, anti-aliased by their exact distance to a pixel's centre.
 *
 * With d the distance from the centre to the line and r half the line's width, a pixel is covered by the share
 *
 *   |[d − ½, d + ½] ∩ [−r, r]|
 *
 * of its own width: exact for a line along an axis, even one thinner than a pixel, and smooth for all others.
 */

/** Points x₀, y₀, x₁, y₁ … of a line; pixel (column, row) covers [column, column + 1] × [row, row + 1]. */
export type Polyline = ArrayLike<number>;

/** Shares in [0, 1] of the pixels of a picture that ink covers, row by row. */
export class Coverage {
  readonly data: Float32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Float32Array(width * height);
  }

  clear(): void {
    this.data.fill(0);
  }

  /** Draws a line; ink on ink stays ink. A line of one point is a dot. */
  stroke(line: Polyline, radius: number): void {
    const last = line.length - 2;
    if (last === 0) this.#segment(line[0], line[1], line[0], line[1], radius);
    for (let i = 0; i < last; i += 2) this.#segment(line[i], line[i + 1], line[i + 2], line[i + 3], radius);
  }

  #segment(x0: number, y0: number, x1: number, y1: number, radius: number): void {
    const { width, height, data } = this;
    const reach = radius + 0.5;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const squaredLength = dx * dx + dy * dy;
    const perLength = squaredLength > 0 ? 1 / squaredLength : 0;
    const firstRow = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    const lastRow = Math.min(height - 1, Math.floor(Math.max(y0, y1) + reach));
    for (let row = firstRow; row <= lastRow; row++) {
      const y = row + 0.5 - y0;
      // Only the part of the segment within reach of this row can touch it: a long diagonal visits few pixels.
      let from = 0;
      let to = 1;
      if (dy !== 0) {
        const a = (y - reach) / dy;
        const b = (y + reach) / dy;
        from = Math.max(0, Math.min(a, b));
        to = Math.min(1, Math.max(a, b));
      }
      const a = x0 + from * dx;
      const b = x0 + to * dx;
      const firstColumn = Math.max(0, Math.floor(Math.min(a, b) - reach));
      const lastColumn = Math.min(width - 1, Math.floor(Math.max(a, b) + reach));
      for (let column = firstColumn; column <= lastColumn; column++) {
        const x = column + 0.5 - x0;
        const along = Math.max(0, Math.min(1, (x * dx + y * dy) * perLength));
        const ex = x - along * dx;
        const ey = y - along * dy;
        const distance = Math.sqrt(ex * ex + ey * ey);
        const share = Math.min(distance + 0.5, radius) - Math.max(distance - 0.5, -radius);
        const at = row * width + column;
        if (share > data[at]) data[at] = share;
      }
    }
  }
}
