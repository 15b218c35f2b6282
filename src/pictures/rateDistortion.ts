/** Models as points of rate and distortion, on lines of equal bound. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import { classColor } from './color.js';
import { textWidth } from './font.js';
import { heading } from './heading.js';
import { linearScale, linearTicks, rangeOf } from './scale.js';
import type { Figure } from './surface.js';
import { HALF_CAPITAL, LABEL_SIZE, TICK_SIZE, TITLE_SIZE } from './typesetting.js';

export interface RateDistortionFigureOptions {
  title: string;
  caption: string;
  points: readonly { readonly name: string; readonly rate: number; readonly distortion: number }[];
}

const WIDTH = 760;
const PLOT_HEIGHT = 460;
const MARGIN = 20;
const DOT_RADIUS = 4.5;
/** Between the middle of a dot and its name. */
const LABEL_GAP = 9;
/** Lines of equal bound, about. */
const LINES = 14;
/** Shorter ones, in the corners, are left out. */
const SHORTEST_LINE = 30;

/** Where a name stands. */
interface Label {
  readonly start: number;
  readonly width: number;
  readonly baseline: number;
}

function overlap(a: Label, b: Label): boolean {
  return (
    Math.abs(a.baseline - b.baseline) < LABEL_SIZE &&
    a.start < b.start + b.width + LABEL_GAP &&
    b.start < a.start + a.width + LABEL_GAP
  );
}

/** @throws RangeError if there is no point */
export function rateDistortionFigure({ title, caption, points }: RateDistortionFigureOptions): Figure {
  if (points.length === 0) throw new RangeError('rateDistortionFigure: there is no point; give at least one');
  const head = heading({
    title,
    caption,
    width: WIDTH - 2 * MARGIN,
    titleSize: TITLE_SIZE,
    captionSize: LABEL_SIZE,
  });
  const top = MARGIN + head.height + 1.6 * LABEL_SIZE;
  const rates = rangeOf(
    points.map(({ rate }) => rate),
    0.12,
  );
  const distortions = rangeOf(
    points.map(({ distortion }) => distortion),
    0.12,
  );
  const y = linearScale(...distortions, [top + PLOT_HEIGHT, top]);
  const left = MARGIN + roomLeft(y);
  const box = { left, top, width: WIDTH - MARGIN - left, height: PLOT_HEIGHT };
  const x = linearScale(...rates, [left, left + box.width]);
  return {
    title,
    width: WIDTH,
    height: top + PLOT_HEIGHT + roomBelow(true) + MARGIN,
    pixelRatio: 2,
    draw(surface) {
      head.draw(surface, MARGIN, MARGIN);
      drawAxes(surface, {
        box,
        x: { ...x },
        y: { ...y },
        xLabel: 'rate: mean KL(q(z|x), p(z)), nats',
        yLabel: 'distortion: mean −log p(x|z), nats',
      });
      const lines = linearTicks(rates[0] + distortions[0], rates[1] + distortions[1], { room: LINES });
      for (const { value, label } of lines) {
        const from = Math.max(rates[0], value - distortions[1]);
        const to = Math.min(rates[1], value - distortions[0]);
        if (x.at(to) - x.at(from) < SHORTEST_LINE) continue;
        const ends = [x.at(from), y.at(value - from), x.at(to), y.at(value - to)];
        surface.line(ends, { paint: 'muted', width: 1, opacity: 0.4 });
        // Where the line enters, at the left or above.
        surface.text(label, ends[0] + 14, ends[1] + 1.1 * TICK_SIZE, { size: TICK_SIZE, paint: 'muted' });
      }
      const ordered = points.toSorted((a, b) => a.rate - b.rate);
      surface.line(
        ordered.flatMap(({ rate, distortion }) => [x.at(rate), y.at(distortion)]),
        { paint: classColor(0), width: 1, opacity: 0.5 },
      );
      const labels: Label[] = [];
      for (const { name, rate, distortion } of ordered) {
        const [px, py] = [x.at(rate), y.at(distortion)];
        surface.dot(px, py, DOT_RADIUS, classColor(0));
        const width = LABEL_SIZE * textWidth(name);
        const baseline = py + HALF_CAPITAL * LABEL_SIZE - 6;
        // At the right, or else at the left; where both would lie over another name, the table has it.
        const place = [px + LABEL_GAP, px - LABEL_GAP - width].find(
          (start) =>
            start >= left &&
            start + width <= left + box.width &&
            !labels.some((other) => overlap(other, { start, width, baseline })),
        );
        if (place === undefined) continue;
        labels.push({ start: place, width, baseline });
        surface.text(name, place, baseline, { size: LABEL_SIZE });
      }
    },
  };
}
