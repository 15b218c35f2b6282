/** Two distributions in one frame: one as filled bars, the other as a line over them. */
import { drawAxes } from './axes.js';
import type { Box } from './box.js';
import { classColor } from './color.js';
import { linearScale, type Scale } from './scale.js';
import type { Surface } from './surface.js';

export interface Binning {
  readonly x: Scale;
  /** Equal parts of the axis. */
  readonly bins: number;
}

const LINE_WIDTH = 1.75;
/** What is filled is drawn lighter, so that the line over it is seen. */
const FILLED_OPACITY = 0.45;

/** Heights are shares of the values of each; `data` is filled, `samples` the line. */
export function drawHistograms(
  surface: Surface,
  box: Box,
  { x, bins }: Binning,
  data: Float64Array | undefined,
  samples: Float64Array,
): void {
  const [filled, line] = [data ?? new Float64Array(0), samples].map((values) => sharesOf(values, x, bins));
  const highest = Math.max(...filled, ...line, Number.MIN_VALUE);
  const y = linearScale(0, 1.05 * highest, [box.top + box.height, box.top], { room: 0 });
  drawAxes(surface, { box, x, y: { ...y, ticks: [] } });
  const width = box.width / bins;
  const gap = Math.min(1, width / 8);
  const outline = [box.left, y.at(0)];
  for (let bin = 0; bin < bins; bin++) {
    const left = box.left + bin * width;
    const top = y.at(filled[bin]);
    const bar = { left: left + gap / 2, top, width: width - gap, height: box.top + box.height - top };
    if (filled[bin] > 0) surface.rect(bar, classColor(0), FILLED_OPACITY);
    outline.push(left, y.at(line[bin]), left + width, y.at(line[bin]));
  }
  outline.push(box.left + box.width, y.at(0));
  surface.line(outline, { paint: classColor(1), width: LINE_WIDTH });
}

/** Share of the finite values that falls into each bin; what lies beyond the axis counts, but is not shown. */
function sharesOf(values: Float64Array, { low, high }: Scale, bins: number): Float64Array {
  const shares = new Float64Array(bins);
  const finite = values.filter(Number.isFinite);
  for (const value of finite) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) shares[bin] += 1 / finite.length;
  }
  return shares;
}
