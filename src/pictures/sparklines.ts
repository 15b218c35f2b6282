/** Sequences of rows as small plots: a line for each column over time, in deviations from its mean. */
import type { Column } from '../data/index.js';
import { Coverage } from '../data/strokes.js';
import { classColor, theme } from './color.js';
import { Image } from './image.js';
import { MOST_COLUMNS } from './tableColumns.js';

const WIDTH = 220;
const HEIGHT = 80;
const MARGIN = 3;
const RADIUS = 0.8;
/** Deviations from the middle to the edge; what is beyond is drawn at the edge. */
const EDGE = 3;

/**
 * One plot for each sequence.
 *
 * @param data [count, time, columns] in stored units; columns without moments are drawn by their values
 */
export function sparklines(columns: readonly Column[], data: ArrayLike<number>, time: number): Image[] {
  const size = time * columns.length;
  return Array.from({ length: data.length / size }, (_, sequence) => {
    const image = new Image(WIDTH, HEIGHT);
    image.fill({ left: 0, top: 0, width: WIDTH, height: HEIGHT }, theme.paper);
    image.fill({ left: 0, top: HEIGHT / 2, width: WIDTH, height: 1 }, theme.grid);
    columns.slice(0, MOST_COLUMNS).forEach((column, j) => {
      const at = (t: number) => scoreOf(column, data[sequence * size + t * columns.length + j]);
      drawLine(image, time, at, j);
    });
    return image;
  });
}

function drawLine(image: Image, time: number, at: (t: number) => number, color: number): void {
  const line = new Coverage(WIDTH, HEIGHT);
  const points: number[] = [];
  for (let t = 0; t < time; t++) {
    const score = Math.max(-EDGE, Math.min(EDGE, at(t)));
    // A value that is not a number leaves a gap in which the line goes straight on.
    if (Number.isNaN(score)) continue;
    const x = MARGIN + (time > 1 ? t / (time - 1) : 0.5) * (WIDTH - 2 * MARGIN);
    points.push(x, MARGIN + (0.5 - score / (2 * EDGE)) * (HEIGHT - 2 * MARGIN));
  }
  line.stroke(points, RADIUS);
  image.tint(line, 0, 0, classColor(color));
}

function scoreOf({ type, mean = 0, deviation = 1 }: Column, value: number): number {
  return ((type === 'count' ? Math.log1p(value) : value) - mean) / deviation;
}
