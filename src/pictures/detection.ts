/** How well a score tells anomalous samples from normal ones: both distributions, the ROC curve, and the highest scores. */
import { drawAxes, roomBelow, roomLeft } from './axes.js';
import type { Box } from './box.js';
import { classColor } from './color.js';
import { drawHistograms } from './histograms.js';
import { type TilesOptions, tilesPanel } from './overview.js';
import { linearScale, robustRange } from './scale.js';
import { type Panel, smallMultiples } from './smallMultiples.js';
import type { Figure, Surface } from './surface.js';
import { LABEL_SIZE } from './typesetting.js';

export interface NamedScores {
  readonly name: string;
  readonly scores: Float64Array;
}

export interface DetectionFigureOptions {
  title: string;
  caption: string;
  /** What the scores are. */
  scoreName: string;
  /** Drawn filled. */
  filled: NamedScores;
  /** Drawn as a line. */
  line: NamedScores;
  threshold: number;
  /** Shares of normal and of anomalous samples at least at each threshold, from (0, 0) to (1, 1). */
  roc?: {
    readonly note: string;
    readonly falsePositives: ArrayLike<number>;
    readonly truePositives: ArrayLike<number>;
    /** Where the threshold stands. */
    readonly at: readonly [falsePositives: number, truePositives: number];
  };
  /** Samples of the highest scores. */
  tiles?: readonly TilesOptions[];
}

const PANEL_HEIGHT = 230;
const BINS = 48;
const LINE_WIDTH = 1.75;
const DOT_RADIUS = 3.5;

export function detectionFigure(options: DetectionFigureOptions): Figure {
  const { title, caption, roc, tiles = [] } = options;
  return smallMultiples({
    title,
    caption,
    perRow: 2,
    panelHeight: PANEL_HEIGHT,
    panels: [
      { name: options.scoreName, draw: (surface, box) => drawScores(surface, box, options) },
      ...(roc ? [rocPanel(roc)] : []),
      ...tiles.map(tilesPanel),
    ],
  });
}

function drawScores(surface: Surface, outer: Box, { filled, line, threshold }: DetectionFigureOptions): void {
  const head = 1.8 * LABEL_SIZE;
  const box = { ...outer, top: outer.top + head, height: outer.height - head - roomBelow(false) };
  const all = Float64Array.from([...filled.scores, ...line.scores, threshold]);
  const x = linearScale(...robustRange(all), [box.left, box.left + box.width], { room: box.width / 70 });
  drawHistograms(surface, box, { x, bins: BINS }, filled.scores, line.scores);
  const at = x.at(threshold);
  surface.line([at, box.top, at, box.top + box.height], { paint: 'muted', width: 1 });
  [filled, line].forEach(({ name }, i) => {
    surface.text(name, i === 0 ? box.left : box.left + box.width, outer.top + LABEL_SIZE, {
      size: LABEL_SIZE,
      paint: classColor(i),
      anchor: i === 0 ? 'start' : 'end',
    });
  });
}

function rocPanel({
  note,
  falsePositives,
  truePositives,
  at,
}: NonNullable<DetectionFigureOptions['roc']>): Panel {
  return {
    name: 'ROC',
    note,
    draw(surface, outer) {
      const height = outer.height - roomBelow(true);
      const y = linearScale(0, 1, [outer.top + height, outer.top + 1.8 * LABEL_SIZE]);
      const left = outer.left + roomLeft(y);
      const box = {
        left,
        top: outer.top + 1.8 * LABEL_SIZE,
        width: outer.left + outer.width - left,
        height: height - 1.8 * LABEL_SIZE,
      };
      const x = linearScale(0, 1, [left, left + box.width]);
      drawAxes(surface, {
        box,
        x,
        y,
        xLabel: 'share of normal samples flagged',
        yLabel: 'share of anomalous samples flagged',
      });
      surface.line([x.at(0), y.at(0), x.at(1), y.at(1)], { paint: 'muted', width: 1, opacity: 0.5 });
      const points = Array.from(falsePositives, (share, i) => [x.at(share), y.at(truePositives[i])]).flat();
      surface.line(points, { paint: classColor(1), width: LINE_WIDTH });
      surface.dot(x.at(at[0]), y.at(at[1]), DOT_RADIUS, classColor(1));
    },
  };
}
