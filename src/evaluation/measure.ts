/** Everything that `vaekit evaluate` measures on a model, as metrics in groups that can be chosen. */
import type { Engine } from '../engine/index.js';
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import type { Model, System } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { aggregatePosterior, gaussianTotalCorrelation } from './aggregate.js';
import { boundMetrics, hasSoftTargets, lacks, SOFT_TARGETS } from './bound.js';
import { classificationMetrics } from './classification.js';
import { cloudReconstructionMetrics, cloudSetMetrics } from './clouds.js';
import { clusterMetrics } from './clusters.js';
import { evaluate } from './evaluate.js';
import { importanceWeightedNll } from './importance.js';
import { indexMetrics } from './indices.js';
import { labelsOf, OF_OBSERVED } from './likelihoodKind.js';
import { probeMetrics } from './linearProbe.js';
import { type Metric, meanOver, missing, single } from './metric.js';
import { neighbourMetrics } from './nearestNeighbours.js';
import { reconstructionMetrics } from './reconstruction.js';
import { mapSource, observedSource, type SampleSource } from './sources.js';

export const METRIC_GROUPS = [
  'elbo',
  'nll',
  'latent',
  'aggregate',
  'reconstruction',
  'codes',
  'clouds',
  'probe',
  'knn',
  'clusters',
  'classes',
] as const;
export type MetricGroup = (typeof METRIC_GROUPS)[number];

/** The covariance of as many numbers takes half a minute for 50,000 samples. */
const MOST_CORRELATED = 1024;

export interface MeasureRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  /** Samples to measure on. */
  readonly source: SampleSource;
  /**
   * Training samples, over whose posteriors the aggregate is taken, and the first of which classifiers are fitted on: in
   * no order.
   */
  readonly training: SampleSource;
  /** @default all */
  readonly groups?: readonly MetricGroup[];
  /** Draws for each sample of the importance-weighted likelihood. @default 5000 */
  readonly draws?: number;
  /** Of those, how many at once. */
  readonly chunk?: number;
  /** Labelled training samples that classifiers of codes are fitted on. @default 10, 100, 1000 and 10000 */
  readonly probeLabels?: readonly number[];
  /** Whether classifiers of codes are compared with those of samples, principal components and an untrained encoder. */
  readonly baselines?: boolean;
  /** Clusters that k-means of codes looks for. @default as many as there are classes */
  readonly clusters?: number;
  /** Key of all noise. @default 0 */
  readonly seed?: number;
  /** Most samples to measure on, from the front. @default all */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Called before each group. */
  readonly onGroup?: (group: MetricGroup) => void;
  /** Called as samples have got their importance-weighted likelihood. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Measurement {
  readonly metrics: readonly Metric[];
  /** Mean KL(q(z_j|x) ‖ p(z_j)) of each coordinate, nats, where there is one. */
  readonly klPerDimension?: readonly number[];
}

/** Draws of the estimate that a number is compared with to see whether more draws still help. */
const FEW_DRAWS = 50;
const RELIABLE_DRAWS = 5;
const USED_KL = 0.01;

export async function measure(request: MeasureRequest): Promise<Measurement> {
  const { groups = METRIC_GROUPS, onGroup, runner, seed, source, training } = request;
  const observed = {
    ...request,
    source: observedSource(runner, source, seed),
    training: observedSource(runner, training, seed),
  };
  const metrics: Metric[] = [];
  let klPerDimension: readonly number[] | undefined;
  for (const group of METRIC_GROUPS.filter((each) => groups.includes(each))) {
    onGroup?.(group);
    if (group === 'latent') {
      const latent = await latentMetrics(observed);
      metrics.push(...latent.metrics);
      klPerDimension = latent.klPerDimension;
    } else metrics.push(...(await MEASURES[group](AS_STORED.includes(group) ? request : observed)));
  }
  return { metrics, ...(klPerDimension ? { klPerDimension } : {}) };
}

/** Groups that take samples as the tools do; the others take them as the objective did. */
const AS_STORED: readonly MetricGroup[] = ['reconstruction', 'probe', 'knn', 'clusters'];

const MEASURES: Record<Exclude<MetricGroup, 'latent'>, (request: MeasureRequest) => Promise<Metric[]>> = {
  elbo: ({ runner, source, ...options }) => boundMetrics(runner, source, options),
  nll: likelihoodMetrics,
  aggregate: aggregateMetrics,
  reconstruction: (request) => {
    const { runner, source, ...options } = request;
    const isOfClouds = runner.data.spec.kind === 'points';
    return isOfClouds ? cloudReconstructionMetrics(request) : reconstructionMetrics(runner, source, options);
  },
  codes: ({ runner, source, ...options }) => indexMetrics(runner, source, options),
  clouds: cloudSetMetrics,
  probe: ({ probeLabels, ...request }) => probeMetrics({ ...request, labels: probeLabels }),
  knn: neighbourMetrics,
  clusters: clusterMetrics,
  classes: ({ runner, source, training, ...options }) =>
    classificationMetrics(runner, source, training, options),
};

async function likelihoodMetrics(request: MeasureRequest): Promise<Metric[]> {
  const { runner, source, draws = 5000, limit = source.size } = request;
  const count = Math.min(limit, source.size);
  const lacking = lacks(runner);
  const whole = '−log 1/S Σ p(x|z) p(z) / q(z|x), Burda et al. 2016';
  const formula = runner.data.holes ? `${whole}; ${OF_OBSERVED}` : whole;
  const isSoft = !lacking && (await hasSoftTargets(runner, source, request));
  const about = (s: number) => ({
    name: s === draws ? 'nll' : `nll(${s})`,
    unit: 'nats' as const,
    estimator: isSoft ? `${formula}; ${SOFT_TARGETS}` : formula,
    options: { draws: s },
  });
  if (lacking) return [missing(count, about(draws), lacking)];
  const { nll, effectiveDraws } = await importanceWeightedNll(runner, source, request);
  const unreliable = effectiveDraws.filter((each) => each < RELIABLE_DRAWS).length;
  const few = draws > FEW_DRAWS ? [await fewer(request)] : [];
  return [
    meanOver(nll, about(draws)),
    ...few.map((values) => meanOver(values, about(FEW_DRAWS))),
    meanOver(effectiveDraws, {
      name: 'effectiveDraws',
      unit: '',
      estimator: '(Σ w)² / Σ w²',
      options: { draws, [`samplesBelow${RELIABLE_DRAWS}`]: unreliable },
    }),
  ];
}

async function fewer(request: MeasureRequest): Promise<Float64Array> {
  const { nll } = await importanceWeightedNll(request.runner, request.source, {
    ...request,
    draws: FEW_DRAWS,
  });
  return nll;
}

async function latentMetrics({
  runner,
  source,
  seed,
  limit = source.size,
  signal,
}: MeasureRequest): Promise<Measurement> {
  const count = Math.min(limit, source.size);
  const { latent } = await evaluate(runner, source, { seed, limit, signal });
  const active = {
    name: 'activeUnits',
    unit: 'coordinates',
    estimator: 'Var_x E_q[z_j|x] > 0.01, Burda et al. 2016',
  } as const;
  if (!latent) return { metrics: [missing(count, active, 'codes are no independent normal coordinates')] };
  const { activeUnits, klPerDimension } = latent;
  const used = klPerDimension.filter((kl) => kl > USED_KL).length;
  const of = { coordinates: klPerDimension.length };
  return {
    metrics: [
      single(activeUnits, count, { ...active, options: of }),
      single(used, count, {
        name: 'usedUnits',
        unit: 'coordinates',
        estimator: `mean KL_j > ${USED_KL} nats`,
        options: of,
      }),
    ],
    klPerDimension,
  };
}

/** Why codes have no total correlation, if they have none. */
function lacksCorrelation(system: System, model: Model, d: number): string | undefined {
  if (system.isGenerator) return 'there is no encoder';
  if (model.posterior) return undefined;
  if (model.discrete) return 'codes are made of indices';
  return d > MOST_CORRELATED
    ? `codes have ${d} numbers, and ${MOST_CORRELATED} are the most of which a covariance is found`
    : undefined;
}

async function aggregateMetrics({
  runner,
  engine,
  training,
  seed,
  signal,
}: MeasureRequest): Promise<Metric[]> {
  const about = (name: string, estimator: string) => ({ name, unit: 'nats' as const, estimator });
  const model = runner.build();
  const d = sizeOf(model.codeShape);
  const why = lacksCorrelation(runner.settings.system, model, d);
  if (why !== undefined)
    return [missing(training.size, about('totalCorrelation', 'of the codes of training samples'), why)];
  const codes = await mapSource(runner, 'posteriors', training, { signal }, (batch, { model: built }) => {
    const q = built.posterior?.(batch);
    const rows: Record<string, Tensor> =
      q instanceof DiagonalNormal
        ? { mean: q.mean.flatten(), logVar: q.logVar.broadcastTo(q.mean.shape).flatten() }
        : { mean: built.encode(batch).flatten() };
    return rows;
  });
  if (!codes.logVar) {
    const estimator = about(
      'totalCorrelation',
      'of codes as if they were jointly normal: ½ (Σ log S_jj − log det S)',
    );
    const value = gaussianTotalCorrelation(codes.mean, d);
    const count = codes.mean.length / d;
    if (Number.isFinite(value)) return [single(value, count, estimator)];
    return [missing(count, estimator, 'coordinates of the codes depend on each other, or do not vary')];
  }
  const { mean, logVar } = codes;
  const prior = model.prior?.(1, labelsOf(runner, 1));
  const count = mean.length / d;
  const estimate = await aggregatePosterior(engine, { dimensions: d, mean, logVar }, { seed, signal });
  const mixture = `draws under the mixture of ${count} training posteriors`;
  const withPrior = [
    meanOver(estimate.marginalKl, about('marginalKl', `KL(q(z) ‖ p(z)), ${mixture}`)),
    meanOver(estimate.dimensionWiseKl, about('dimensionWiseKl', `Σ_j KL(q(z_j) ‖ p(z_j)), ${mixture}`)),
  ];
  return [
    meanOver(
      estimate.mutualInformation,
      about('mutualInformation', `log q(z|x) − log q(z), ${mixture}, at most log N`),
    ),
    meanOver(estimate.totalCorrelation, about('totalCorrelation', `KL(q(z) ‖ Π_j q(z_j)), ${mixture}`)),
    // The estimates above take p(z) to be standard normal.
    ...(prior instanceof DiagonalNormal && !runner.isConditional ? withPrior : []),
  ];
}
