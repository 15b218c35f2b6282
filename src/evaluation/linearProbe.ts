/**
 * What a linear classifier reads from codes: features that a class can be told from by a weighted sum are of use, however
 * the class was never told. Classifiers are softmax regressions on some labelled training samples, their penalty chosen by
 * cross-validation, measured on other samples.
 */
import type { Engine } from '../engine/index.js';
import type { ModelRunner } from '../inference/index.js';
import { baselineFeatures, codeFeatures, type Features } from './features.js';
import { lacksLabelledCodes } from './labelledCodes.js';
import { type Metric, meanOver, missing, single } from './metric.js';
import { type LabelledRows, SoftmaxRegression } from './softmaxRegression.js';
import type { SampleSource } from './sources.js';

/** From the strongest on, so that each fit begins near its end. */
const PENALTIES = [1e2, 1e1, 1, 1e-1, 1e-2, 1e-3, 1e-4];
const FOLDS = 5;
/** Gradient of the fits that a penalty is chosen by: ten times the penalty is seen without the last digits. */
const CHOICE_TOLERANCE = 1e-3;
/** Labelled samples that classifiers are fitted on. */
const LABELS = [10, 100, 1000, 10_000];
/** Classifiers for each number of labels, on samples of their own as far as there are enough. */
const MOST_DRAWS = 5;
/** Numbers in the features of all classifiers of one number of labels: from 839 a row on, 10,000 labels make one classifier. */
const MOST_NUMBERS = 2 ** 24;

export interface ProbeRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  readonly source: SampleSource;
  /** In no order: the first samples are a fair choice of all. */
  readonly training: SampleSource;
  /** Labelled training samples that classifiers are fitted on, one number each. @default 10, 100, 1000 and 10000 */
  readonly labels?: readonly number[];
  /** Whether the same is measured on samples themselves, on their principal components and on an untrained encoder. */
  readonly baselines?: boolean;
  readonly seed?: number;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Of one classifier. */
export interface Probe {
  /** The λ that was chosen, of λ/2 ‖W‖² beside the mean negative log-likelihood. */
  readonly penalty: number;
  /** Whether each of the samples it was measured on got its class. */
  readonly isRight: readonly boolean[];
}

/** Accuracy and balanced accuracy for each number of labels that there are training samples for. */
export async function probeMetrics(request: ProbeRequest): Promise<Metric[]> {
  const { runner, source, limit = source.size } = request;
  const lacking = lacksLabelledCodes(runner);
  if (lacking) return [missing(Math.min(limit, source.size), about('probeAccuracy', 'codes'), lacking)];
  const baselines = request.baselines ? await baselineFeatures(request) : [];
  const metrics: Metric[] = [];
  for (const features of [codeFeatures(request), ...baselines])
    metrics.push(...(await probesOf(request, features)));
  return metrics;
}

async function probesOf(request: ProbeRequest, features: Features): Promise<Metric[]> {
  const { engine, source, training, labels: asked = LABELS, limit = source.size, signal } = request;
  const none = (reason: string) => [
    missing(Math.min(limit, source.size), about(`probeAccuracy${features.suffix}`, features.name), reason),
  ];
  if (features.reason !== undefined) return none(features.reason);
  const mostDraws = (size: number) => mostClassifiers(size, features.dimensions);
  const rows = await features.rows(training, Math.max(...asked.map((size) => size * mostDraws(size))));
  const known = rows.labels.length;
  const sizes = asked.filter((size) => size <= known);
  if (sizes.length === 0)
    return none(`there are ${known} labelled training samples, and classifiers take ${Math.min(...asked)}`);
  const drawsOf = (size: number) => Math.min(mostDraws(size), Math.floor(known / size));
  const held = await features.rows(source, limit);
  if (held.labels.length === 0) return none('the class of no sample is known');
  const metrics: Metric[] = [];
  for (const size of sizes) {
    const probes: Probe[] = [];
    for (let draw = 0; draw < drawsOf(size); draw++) {
      const part = slice(rows, draw * size, (draw + 1) * size);
      // What is best for one choice of so many samples is near the best for others.
      const penalty = probes[0]?.penalty;
      probes.push(await linearProbe(engine, part, held, { penalty, signal }));
    }
    metrics.push(...accuracies(size, probes, held, features));
  }
  return metrics;
}

/** Classifiers on so many labels each, where there are samples for all of them: fewer of long features. */
export function mostClassifiers(labels: number, dimensions: number): number {
  return Math.max(1, Math.min(MOST_DRAWS, Math.floor(MOST_NUMBERS / (labels * dimensions))));
}

const about = (name: string, of: string, options: Readonly<Record<string, number>> = {}) => ({
  name,
  unit: '' as const,
  estimator: `softmax regression on standardised ${of}, λ by 5-fold cross-validation`,
  options,
});

function accuracies(
  size: number,
  probes: readonly Probe[],
  { labels, classes }: LabelledRows,
  { name, suffix }: Features,
): Metric[] {
  /** Of each sample, the share of the classifiers that are right. */
  const shares = Array.from(labels, (_, n) => mean(probes.map(({ isRight }) => (isRight[n] ? 1 : 0))));
  const ofClasses = Array.from({ length: classes }, (_, k) => shares.filter((_, n) => labels[n] === k));
  const recalls = ofClasses.filter((each) => each.length > 0).map(mean);
  const chosen = { labels: size, draws: probes.length, lambda: probes[0].penalty };
  return [
    meanOver(shares, about(`probeAccuracy(${size})${suffix}`, name, chosen)),
    single(mean(recalls), labels.length, about(`probeBalancedAccuracy(${size})${suffix}`, name, chosen)),
  ];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * A classifier of codes, and how it does on others.
 *
 * @param options.penalty @default chosen by the likelihood of held-out fifths
 */
export async function linearProbe(
  engine: Engine,
  rows: LabelledRows,
  held: LabelledRows,
  { penalty: given, signal }: { penalty?: number; signal?: AbortSignal } = {},
): Promise<Probe> {
  const regression = await SoftmaxRegression.open(engine, rows);
  try {
    const penalty = given ?? (await bestPenalty(regression, signal));
    const parameters = await regression.fit({ penalty, signal });
    const logProbs = regression.logProbs(parameters, held.features);
    const { classes } = rows;
    const isRight = Array.from(held.labels, (label, n) => {
      const own = logProbs.subarray(n * classes, (n + 1) * classes);
      return own.every((other, k) => k === label || other < own[label]);
    });
    return { penalty, isRight };
  } finally {
    await regression.dispose();
  }
}

/** The penalty with the highest likelihood of what was left out: every fifth row, five times over. */
async function bestPenalty(regression: SoftmaxRegression, signal?: AbortSignal): Promise<number> {
  const { labels } = regression.rows;
  const totals = PENALTIES.map(() => 0);
  // What four fifths make of a penalty is near what four others do, three of which are the same.
  const starts: Float64Array[] = [];
  for (let fold = 0; fold < Math.min(FOLDS, labels.length); fold++) {
    const isHeld = (n: number) => n % FOLDS === fold;
    const weights = Float32Array.from(labels, (_, n) => (isHeld(n) ? 0 : 1));
    const held = [...labels.keys()].filter(isHeld);
    for (const [i, penalty] of PENALTIES.entries()) {
      const start = starts[i] ?? starts[i - 1];
      starts[i] = await regression.fit({ penalty, weights, start, tolerance: CHOICE_TOLERANCE, signal });
      totals[i] += regression.logLikelihood(starts[i], held);
    }
  }
  return PENALTIES[totals.indexOf(Math.max(...totals))];
}

function slice(
  { features, labels, dimensions: d, classes }: LabelledRows,
  from: number,
  to: number,
): LabelledRows {
  return {
    features: features.slice(from * d, to * d),
    labels: labels.slice(from, to),
    dimensions: d,
    classes,
  };
}
