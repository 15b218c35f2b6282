/**
 * How well a score tells anomalous samples from normal ones, higher being more anomalous, whatever the threshold:
 *
 *   AUROC       P(s_anomalous > s_normal) + ½ P(s_anomalous = s_normal)
 *   AUPRC       Σ_i (R_i − R_{i−1}) P_i, the average precision, over distinct thresholds without interpolation; a score without
 *               meaning has the share of anomalous samples
 *   FPR@95TPR   the least share of normal samples above a threshold that 95 % of the anomalous ones reach
 *
 * A value on the wrong side of chance is reported as it is. Source: Fawcett, Pattern Recognition Letters 27, 2006.
 */

import { bootstrap, RESAMPLES } from './bootstrap.js';
import { type Metric, meanOver, missing, single } from './metric.js';

/** How often anomalous and normal samples score at least each distinct value, from the highest on. */
export interface Operating {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** Scores in order, to be looked at with any weights. */
export class Ranking {
  readonly #order: Uint32Array;

  /** @param scores of each sample; none is NaN */
  constructor(
    readonly scores: ArrayLike<number>,
    readonly isAnomalous: ArrayLike<boolean | number>,
  ) {
    this.#order = Uint32Array.from({ length: scores.length }, (_, n) => n).sort(
      (a, b) => scores[b] - scores[a] || a - b,
    );
  }

  /** @param times how often each sample counts. @default once */
  *points(times?: ArrayLike<number>): Generator<Operating> {
    let [truePositives, falsePositives] = [0, 0];
    for (let i = 0; i < this.#order.length; ) {
      const threshold = this.scores[this.#order[i]];
      for (; i < this.#order.length && this.scores[this.#order[i]] === threshold; i++) {
        const n = this.#order[i];
        const weight = times ? times[n] : 1;
        if (this.isAnomalous[n]) truePositives += weight;
        else falsePositives += weight;
      }
      yield { threshold, truePositives, falsePositives };
    }
  }

  /** Of the ranking: all three, NaN where there is no normal or no anomalous sample. */
  summary(times?: ArrayLike<number>): Detection {
    let [area, precision, before] = [0, 0, { truePositives: 0, falsePositives: 0 }];
    const rates: [truePositives: number, falsePositives: number][] = [];
    for (const point of this.points(times)) {
      const [gained, raised] = [
        point.truePositives - before.truePositives,
        point.falsePositives - before.falsePositives,
      ];
      area += raised * (before.truePositives + gained / 2);
      if (gained > 0)
        precision += (gained * point.truePositives) / (point.truePositives + point.falsePositives);
      rates.push([point.truePositives, point.falsePositives]);
      before = point;
    }
    const { truePositives: anomalous, falsePositives: normal } = before;
    if (anomalous === 0 || normal === 0)
      return { auroc: Number.NaN, auprc: Number.NaN, fprAt95Tpr: Number.NaN };
    const reached = rates.find(([hits]) => hits >= WANTED_RATE * anomalous);
    return {
      auroc: area / (anomalous * normal),
      auprc: precision / anomalous,
      fprAt95Tpr: (reached?.[1] ?? normal) / normal,
    };
  }
}

export interface Detection {
  readonly auroc: number;
  readonly auprc: number;
  readonly fprAt95Tpr: number;
}

const WANTED_RATE = 0.95;

const ESTIMATORS: Readonly<Record<keyof Detection, string>> = {
  auroc: 'P(anomalous scores higher) + ½ P(equal)',
  auprc: 'average precision, Σ (R_i − R_{i−1}) P_i',
  fprAt95Tpr: 'share of normal samples above the threshold that 95 % of the anomalous ones reach',
};

export interface DetectionRequest {
  readonly scores: ArrayLike<number>;
  readonly isAnomalous: readonly boolean[];
  /** Above it a sample is flagged. */
  readonly threshold: number;
  /** Name of the score. */
  readonly by: string;
  readonly seed?: number;
}

/** Detection with bootstrapped errors, and what the threshold makes of it. */
export function detectionMetrics({ scores, isAnomalous, threshold, by, seed }: DetectionRequest): Metric[] {
  const count = isAnomalous.length;
  const anomalous = isAnomalous.filter(Boolean).length;
  const prevalence = anomalous / count;
  const about = (name: string, estimator: string) => ({
    name: `${name}(${by})`,
    unit: '' as const,
    estimator,
  });
  if (anomalous === 0 || anomalous === count) {
    const reason = `there are ${anomalous} anomalous and ${count - anomalous} normal samples`;
    return [missing(count, about('auroc', ESTIMATORS.auroc), reason)];
  }
  const ranking = new Ranking(scores, isAnomalous);
  const found = ranking.summary();
  const areas = (['auroc', 'auprc', 'fprAt95Tpr'] as const).map((name) => {
    const spread = bootstrap(count, (times) => ranking.summary(times)[name], { seed });
    const options = { prevalence, resamples: RESAMPLES };
    return single(found[name], count, { ...about(name, ESTIMATORS[name]), options, ...spread });
  });
  const rate = (name: string, estimator: string, wanted: boolean) =>
    meanOver(
      isAnomalous.flatMap((is, n) => (is === wanted ? [scores[n] > threshold ? 1 : 0] : [])),
      { ...about(name, estimator), options: { threshold } },
    );
  return [
    ...areas,
    rate('truePositiveRate', 'share of anomalous samples above the threshold', true),
    rate('falsePositiveRate', 'share of normal samples above the threshold', false),
  ];
}
