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
/** Lines of equal bound, about. */
const LINES = 14;
/** Shorter ones, in the corners, are left out. */
const SHORTEST_LINE = 30;

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
      for (const { name, rate, distortion } of ordered) {
        const [px, py] = [x.at(rate), y.at(distortion)];
        surface.dot(px, py, DOT_RADIUS, classColor(0));
        const isRight = px + 9 + LABEL_SIZE * textWidth(name) > left + box.width;
        surface.text(name, isRight ? px - 9 : px + 9, py + HALF_CAPITAL * LABEL_SIZE - 6, {
          size: LABEL_SIZE,
          anchor: isRight ? 'end' : 'start',
        });
      }
    },
  };
}
