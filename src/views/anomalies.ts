/** The scores of samples beside those of normal ones, and the samples that score highest. */
import type { Samples } from '../data/index.js';
import { Ranking } from '../evaluation/index.js';
import type { TrainedModel } from '../inference/index.js';
import { detectionFigure, type Figure, formatNumber } from '../pictures/index.js';
import { asPictures, decodedPictures } from './shown.js';

export interface AnomaliesViewOptions {
  /** What the scores are. */
  readonly scoreName: string;
  readonly scores: Float64Array;
  /** Whether each sample is anomalous, where that is known; undefined for single ones of which it is not. */
  readonly isAnomalous?: readonly (boolean | undefined)[];
  /** Scores of the normal samples that the threshold was taken from. */
  readonly validation: Float64Array;
  readonly threshold: number;
  /** Samples of the highest scores, from the highest on. */
  readonly highest: Samples;
}

/** Tiles in a row. */
const COLUMNS = 8;

export async function anomaliesView(model: TrainedModel, options: AnomaliesViewOptions): Promise<Figure> {
  const { scoreName, scores, isAnomalous, validation, threshold } = options;
  const flagged = scores.filter((score) => score > threshold).length;
  const caption = `Upright line: the threshold, ${formatNumber(threshold, 4)}, above which ${flagged} of ${scores.length} samples are flagged.`;
  const shared = {
    title: 'Anomaly scores',
    caption,
    scoreName,
    threshold,
    tiles: await tilesOf(model, options),
  };
  const kinds = isAnomalous && byTruth(scores, isAnomalous);
  if (!kinds)
    return detectionFigure({
      ...shared,
      filled: { name: 'filled: normal samples of the validation part', scores: validation },
      line: { name: 'line: samples', scores },
    });
  const roc = rocOf(kinds.known, kinds.truth, threshold);
  return detectionFigure({
    ...shared,
    filled: { name: 'filled: normal samples', scores: kinds.normal },
    line: { name: 'line: anomalous samples', scores: kinds.anomalous },
    ...(roc ? { roc } : {}),
  });
}

function byTruth(scores: Float64Array, isAnomalous: readonly (boolean | undefined)[]) {
  const truth = isAnomalous.filter((is) => is !== undefined);
  const known = scores.filter((_, n) => isAnomalous[n] !== undefined);
  const of = (wanted: boolean) => known.filter((_, n) => truth[n] === wanted);
  return truth.length > 0 ? { known, truth, normal: of(false), anomalous: of(true) } : undefined;
}

/** The curve with the point of the threshold on it; undefined where there is only one kind. */
function rocOf(scores: Float64Array, isAnomalous: readonly boolean[], threshold: number) {
  const ranking = new Ranking(scores, isAnomalous);
  const { auroc } = ranking.summary();
  if (Number.isNaN(auroc)) return undefined;
  const points = [...ranking.points()];
  const { truePositives, falsePositives } = points[points.length - 1];
  const flagged = points.findLast((point) => point.threshold > threshold);
  return {
    note: `AUROC ${formatNumber(auroc, 3)}`,
    falsePositives: [0, ...points.map((point) => point.falsePositives / falsePositives)],
    truePositives: [0, ...points.map((point) => point.truePositives / truePositives)],
    at: [
      (flagged?.falsePositives ?? 0) / falsePositives,
      (flagged?.truePositives ?? 0) / truePositives,
    ] as const,
  };
}

/** Rows of a table are in the file of scores, not in a picture. */
async function tilesOf(model: TrainedModel, { highest }: AnomaliesViewOptions) {
  const { spec } = model.runner.data;
  if (spec.kind === 'table' || highest.x.length === 0) return [];
  const originals = asPictures(spec, highest.x);
  const columns = Math.min(COLUMNS, originals.shape[0]);
  const samples = { name: 'Highest scores', pictures: originals, columns };
  if (!model.canEncode) return [samples];
  const { mean } = await model.encode(highest);
  return [
    samples,
    { name: 'Their reconstructions', pictures: await decodedPictures(model, mean, highest.labels), columns },
  ];
}
