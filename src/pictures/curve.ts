/**
 * A series as the lines that draw it: broken where values are missing, thinned where it has more points than the
 * figure has columns, cut off at the edge of the axes.
 */
import type { Box } from './box.js';
import type { Scale } from './scale.js';

/** Points x₀, y₀, x₁, y₁ … in figure units; a single point is to be drawn as a dot. */
export type Run = readonly number[];

/** Columns for each figure unit: as many as a PNG of twice the size has pixels. */
const COLUMNS_PER_UNIT = 2;

/** The parts of a series between values that are not finite, thinned. */
export function curveRuns(xs: ArrayLike<number>, ys: ArrayLike<number>, x: Scale, y: Scale): Run[] {
  const runs: number[][] = [];
  let open = false;
  for (let i = 0; i < ys.length; i++) {
    const [px, py] = [x.at(xs[i]), y.at(ys[i])];
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    open = true;
    runs[runs.length - 1].push(px, py);
  }
  return runs.map(thinned);
}

/**
 * Of all points in one column only the first, the lowest, the highest and the last: the drawn line covers the same
 * pixels. Source: Jugel et al. 2014, "M4: a visualization-oriented time series data aggregation", VLDB.
 */
function thinned(run: Run): Run {
  const result: number[] = [];
  for (let start = 0; start < run.length; ) {
    const column = Math.floor(run[start] * COLUMNS_PER_UNIT);
    let [end, low, high] = [start, start, start];
    for (; end < run.length && Math.floor(run[end] * COLUMNS_PER_UNIT) === column; end += 2) {
      if (run[end + 1] < run[low + 1]) low = end;
      if (run[end + 1] > run[high + 1]) high = end;
    }
    const kept = new Set([start, low, high, end - 2]);
    for (const at of [...kept].sort((a, b) => a - b)) result.push(run[at], run[at + 1]);
    start = end;
  }
  return result;
}

/** The parts of a run between the top and the bottom of a box. */
export function clipped(run: Run, { top, height }: Box): Run[] {
  const bottom = top + height;
  if (run.length === 2) return run[1] >= top && run[1] <= bottom ? [run] : [];
  const parts: number[][] = [];
  for (let i = 0; i + 3 < run.length; i += 2) {
    const [x0, y0, x1, y1] = [run[i], run[i + 1], run[i + 2], run[i + 3]];
    const crossings = y0 === y1 ? [] : [(top - y0) / (y1 - y0), (bottom - y0) / (y1 - y0)];
    const [enter, leave] = crossings.length === 2 ? [Math.min(...crossings), Math.max(...crossings)] : [0, 1];
    const from = Math.max(0, enter);
    const to = Math.min(1, leave);
    if (from > to || (y0 === y1 && (y0 < top || y0 > bottom))) continue;
    const begin = from === 0 ? [x0, y0] : [x0 + from * (x1 - x0), y0 + from * (y1 - y0)];
    const end = to === 1 ? [x1, y1] : [x0 + to * (x1 - x0), y0 + to * (y1 - y0)];
    const last = parts[parts.length - 1];
    if (last && from === 0 && last[last.length - 2] === x0 && last[last.length - 1] === y0) last.push(...end);
    else parts.push([...begin, ...end]);
  }
  return parts;
}
