/**
 * Scores of how unlike the training data a sample is, higher being more anomalous:
 *
 *   reconstruction  ‖x − x̂‖², x̂ what is left of a sample after the code (of clouds the Chamfer distance)
 *   negativeElbo    −E_q[log p(x|z)] + KL(q(z|x) ‖ p(z)), the mean of some draws of z
 *   nll             −log p(x) by importance sampling
 *   complexityCorrected  −log₂ p(x) − L(x), L(x) the bits of a lossless code of a picture, Serrà et al. 2020
 *   likelihoodRatio −log p(x) + log p₀(x), p₀ a background model of what any sample may have, Ren et al. 2019
 *   kl              KL(q(z|x) ‖ p(z))
 *   mahalanobis     √((z − m)ᵀ S⁻¹ (z − m)), m and S of training codes
 *   knn             distance to the kth nearest training code, Ramaswamy, Rastogi & Shim 2000
 *
 * Likelihoods may find samples of another kind likelier than those that a model was trained on (Nalisnick et al. 2019,
 * arXiv:1810.09136), so that no score is the right one for all data. Two scores mend what makes them so where samples differ
 * in how much there is in them, both as likelihood ratios: against a general code for pictures (arXiv:1909.11480; in bits of a
 * picture, where the paper has bits of a dimension), and against a model of samples that were spoilt (arXiv:1906.02845).
 */
import { cholesky, inverseLower, moments } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import type { ModelRunner } from '../inference/index.js';
import { chamferHalves } from '../nn/index.js';
import { costOfObserved, KINDS, OptionError } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { bound, hasCertainIndices, hasSoftTargets, lacks } from './bound.js';
import { importanceWeightedNll } from './importance.js';
import { likelihoodKind } from './likelihoodKind.js';
import { nearestRows } from './nearestRows.js';
import { pictureComplexity } from './pictureComplexity.js';
import { CHUNK, mapSource, observedSource, type SampleSource } from './sources.js';

export const ANOMALY_SCORES = [
  'reconstruction',
  'negativeElbo',
  'nll',
  'complexityCorrected',
  'likelihoodRatio',
  'kl',
  'mahalanobis',
  'knn',
] as const;
export type AnomalyScore = (typeof ANOMALY_SCORES)[number];

export interface ScorerRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  /** Normal samples, in no order, to whose codes others are compared. */
  readonly training: SampleSource;
  readonly by: AnomalyScore;
  /** Draws for each sample of the importance-weighted likelihood. @default 500 */
  readonly draws?: number;
  /** p₀ of a likelihood ratio, which no other score takes. */
  readonly background?: ModelRunner;
  /** k of the nearest training codes. @default 5 */
  readonly neighbours?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export interface Scorer {
  readonly estimator: string;
  /** Of each sample; infinite where a model gives no number. */
  score(source: SampleSource): Promise<Float64Array>;
}

/** Draws of z whose mean the bound of a sample is. */
const BOUND_DRAWS = 10;
/** Training codes, and numbers in them, that covariances are of and that neighbours are looked for among. */
const MOST_CODES = 50_000;
const MOST_NUMBERS = 2 ** 26;
/** Work grows with the cube of it. */
const MOST_DIMENSIONS = 1024;
/** Part of the mean variance that is added to every variance, for coordinates that do not vary. */
const FLOOR = 1e-6;

/** Why a model has no such score, if it has not. */
export function lacksScore(runner: ModelRunner, by: AnomalyScore): string | undefined {
  const { system } = runner.settings;
  const d = sizeOf(runner.build().codeShape);
  switch (by) {
    case 'negativeElbo':
      return hasCertainIndices(runner) ? undefined : lacks(runner);
    case 'nll':
    case 'kl':
    case 'likelihoodRatio':
      return lacks(runner);
    case 'complexityCorrected':
      return lacksLevels(runner) ?? lacks(runner);
    default:
      if (system.isGenerator) return `${system.name} has no encoder`;
      if (by === 'mahalanobis' && d > MOST_DIMENSIONS)
        return `codes of ${d} numbers are too many for a covariance, which may have ${MOST_DIMENSIONS}`;
      return undefined;
  }
}

/** Why −log p(x) is no length of a code of a picture, if it is not. */
function lacksLevels(runner: ModelRunner): string | undefined {
  const { spec, holes } = runner.data;
  if (spec.kind !== 'image') return `${KINDS[spec.kind]} are no pictures to compress`;
  if (holes) return 'pictures differ in how many of their pixels are there';
  if (likelihoodKind(runner) !== 'density') return undefined;
  return 'its likelihood is a density, not one of levels, as --likelihood logistic or mixture has it in training';
}

/** @throws OptionError if the model has no such score, or there are too few training samples or no background for it */
export async function openScorer(request: ScorerRequest): Promise<Scorer> {
  const { runner, by } = request;
  const lacking = lacksScore(runner, by);
  if (lacking !== undefined) {
    const others = ANOMALY_SCORES.filter((other) => lacksScore(runner, other) === undefined);
    const instead = others.length > 0 ? `; take one of ${others.join(', ')}` : '';
    throw new OptionError('by', `${by} cannot be had: ${lacking}${instead}`);
  }
  const { estimator, score } = await OPENERS[by](request);
  return {
    estimator,
    score: async (source) =>
      Float64Array.from(await score(source), (each) => (Number.isNaN(each) ? Infinity : each)),
  };
}

type Opened = { estimator: string; score(source: SampleSource): Promise<ArrayLike<number>> };

const OPENERS: Readonly<Record<AnomalyScore, (request: ScorerRequest) => Promise<Opened>>> = {
  reconstruction: async ({ runner, signal }) => {
    const isOfClouds = runner.data.spec.kind === 'points';
    return {
      estimator: isOfClouds
        ? 'Chamfer distance between a sample and its reconstruction'
        : `‖x − x̂‖² of a sample as models see it and its reconstruction${runner.data.holes ? ', of what is there of it' : ''}`,
      score: async (source) => {
        const { error } = await mapSource(
          runner,
          'reconstruction error',
          source,
          { signal },
          (batch, { model, data }) => {
            const decoded = model.decode(model.encode(batch), batch.labels);
            const squares = (x: Tensor) => x.sub(decoded).square();
            if (!isOfClouds) {
              return { error: costOfObserved(data, batch.x, squares).sumOverEvent() };
            }
            const { forward, backward } = chamferHalves(batch.x, decoded, 'mean');
            return { error: forward.add(backward) };
          },
        );
        return error;
      },
    };
  },
  negativeElbo: async (request) => ({
    estimator: 'E_q[−log p(x|z)] + KL(q(z|x) ‖ p(z)), nats',
    score: async (source) => {
      const rows = await boundDraws(request, source);
      return rows.kl.map((kl, i) => kl - rows.logLikelihood[i]);
    },
  }),
  kl: async (request) => ({
    estimator: 'KL(q(z|x) ‖ p(z)), nats',
    score: async (source) => (await boundDraws(request, source)).kl,
  }),
  nll: async (request) => ({
    estimator: `−log 1/S Σ p(x|z) p(z) / q(z|x), S = ${drawsOf(request)}, nats`,
    score: (source) => nllOf(request, source),
  }),
  complexityCorrected: async (request) => ({
    estimator: `−log₂ p(x) of ${drawsOf(request)} draws less the bits of a lossless code of the picture`,
    score: async (source) => {
      const { runner, seed, signal } = request;
      const { spec } = runner.data;
      if (spec.kind !== 'image') throw new Error('only pictures have a complexity');
      const observed = observedSource(runner, source, seed);
      if (await hasSoftTargets(runner, observed, { signal }))
        throw new OptionError(
          'by',
          'complexityCorrected cannot be had: the Bernoulli likelihood of grey levels is no likelihood of them; train with --binarise, or with --likelihood logistic',
        );
      const nll = await nllOf(request, source);
      for (let start = 0; start < source.size; start += CHUNK) {
        const { x } = await observed.read(start, Math.min(CHUNK, source.size - start));
        pictureComplexity(spec, x).forEach((bits, i) => {
          nll[start + i] = nll[start + i] / Math.LN2 - bits;
        });
      }
      return nll;
    },
  }),
  likelihoodRatio: async (request) => {
    const { runner, background } = request;
    if (!background)
      throw new OptionError('background', 'likelihoodRatio takes a second model to compare with; name one');
    requireComparable(runner, background);
    return {
      estimator: `−log p(x) + log p₀(x), p₀ the background, ${drawsOf(request)} draws each, nats`,
      score: async (source) => {
        const nll = await nllOf(request, source);
        const ofBackground = await nllOf({ ...request, runner: background }, source);
        return nll.map((value, n) => value - ofBackground[n]);
      },
    };
  },
  mahalanobis: async (request) => {
    const d = sizeOf(request.runner.build().codeShape);
    const most = Math.min(MOST_CODES, Math.floor(2 ** 24 / d));
    const { mean, inverse } = standardiser(await trainingCodes(request, most), d);
    return {
      estimator: 'Mahalanobis distance to the training codes',
      score: async (source) => {
        const codes = await codesOf(request, source);
        return Float64Array.from({ length: codes.length / d }, (_, n) => lengthOf(codes, n, mean, inverse));
      },
    };
  },
  knn: async (request) => {
    const { runner, engine, neighbours: k = 5, signal } = request;
    const d = sizeOf(runner.build().codeShape);
    const rows = await trainingCodes(request, Math.min(MOST_CODES, Math.floor(MOST_NUMBERS / d)));
    if (rows.length / d < k)
      throw new OptionError(
        'neighbours',
        `${k} are more than the ${rows.length / d} training samples; take fewer`,
      );
    return {
      estimator: `distance to the nearest training code but ${k - 1}`,
      score: async (source) => {
        const codes = await codesOf(request, source);
        const isKnown = Array.from({ length: codes.length / d }, (_, n) => finiteRow(codes, n, d));
        const queries = codes.map((value) => (Number.isFinite(value) ? value : 0));
        const { distances } = await nearestRows(engine, queries, rows, { dimensions: d, k, signal });
        return isKnown.map((is, n) => (is ? Math.sqrt(distances[n * k + k - 1]) : Infinity));
      },
    };
  },
};

const drawsOf = ({ draws = 500 }: Pick<ScorerRequest, 'draws'>) => draws;

/** −log p(x) of each sample, nats. */
async function nllOf(request: ScorerRequest, source: SampleSource): Promise<Float64Array> {
  const { runner, seed, signal } = request;
  const observed = observedSource(runner, source, seed);
  return (await importanceWeightedNll(runner, observed, { draws: drawsOf(request), seed, signal })).nll;
}

/** @throws OptionError if two models do not give likelihoods of the same samples in the same units */
function requireComparable(runner: ModelRunner, background: ModelRunner): void {
  const lacking = lacks(background);
  const why =
    lacking ??
    (JSON.stringify(background.data.spec) !== JSON.stringify(runner.data.spec)
      ? 'it sees samples otherwise; train it on data of the same form'
      : background.data.binarise !== runner.data.binarise
        ? `it was trained with --binarise ${background.data.binarise} and not ${runner.data.binarise}`
        : likelihoodKind(background) !== likelihoodKind(runner)
          ? `it has a ${likelihoodKind(background)} likelihood and not a ${likelihoodKind(runner)}`
          : background.isConditional && !runner.isConditional
            ? 'it is conditioned on classes, which the other model is not told'
            : undefined);
  if (why !== undefined) throw new OptionError('background', `cannot be compared with: ${why}`);
}

/** Log-likelihood and divergence of each sample, means over draws. */
async function boundDraws(
  { runner, seed = 0, signal }: ScorerRequest,
  source: SampleSource,
): Promise<Record<'logLikelihood' | 'kl', Float64Array>> {
  const observed = observedSource(runner, source, seed);
  const draws = hasCertainIndices(runner) ? 1 : BOUND_DRAWS;
  const total = { logLikelihood: new Float64Array(source.size), kl: new Float64Array(source.size) };
  for (let draw = 0; draw < draws; draw++) {
    const options = { seed: seed * BOUND_DRAWS + draw, signal };
    const rows = await mapSource(runner, 'evidence lower bound', observed, options, (batch, { model }) => ({
      ...bound(model, batch),
    }));
    for (const name of ['logLikelihood', 'kl'] as const)
      for (let n = 0; n < source.size; n++) total[name][n] += rows[name][n] / draws;
  }
  return total;
}

async function codesOf(
  { runner, signal }: Pick<ScorerRequest, 'runner' | 'signal'>,
  source: SampleSource,
  limit = source.size,
): Promise<Float32Array> {
  const { codes } = await mapSource(
    runner,
    'codes to compare',
    source,
    { limit, signal },
    (batch, { model }) => ({
      codes: model.encode(batch).flatten(),
    }),
  );
  return codes;
}

/** Those that are finite. */
async function trainingCodes(request: ScorerRequest, most: number): Promise<Float32Array> {
  const d = sizeOf(request.runner.build().codeShape);
  const codes = await codesOf(request, request.training, Math.min(request.training.size, Math.max(1, most)));
  const finite = Array.from({ length: codes.length / d }, (_, n) => n).filter((n) => finiteRow(codes, n, d));
  if (finite.length * d === codes.length) return codes;
  const rows = new Float32Array(finite.length * d);
  finite.forEach((n, i) => {
    rows.set(codes.subarray(n * d, (n + 1) * d), i * d);
  });
  return rows;
}

const finiteRow = (rows: Float32Array, n: number, d: number) =>
  rows.subarray(n * d, (n + 1) * d).every(Number.isFinite);

/** The mean of rows, and L⁻¹ with S = L Lᵀ. @throws OptionError if there are fewer than two rows, or none varies */
function standardiser(rows: Float32Array, d: number): { mean: Float64Array; inverse: Float64Array } {
  const { mean, covariance } = moments({ data: rows, count: rows.length / d, dimensions: d });
  let variance = 0;
  for (let i = 0; i < d; i++) variance += covariance[i * (d + 1)] / d;
  for (let i = 0; i < d; i++) covariance[i * (d + 1)] += FLOOR * variance;
  const factor = cholesky(covariance, d);
  if (!factor) throw new OptionError('by', 'mahalanobis cannot be had: the training codes do not vary');
  return { mean, inverse: inverseLower(factor, d) };
}

/** ‖L⁻¹ (z_n − m)‖ */
function lengthOf(codes: Float32Array, n: number, mean: Float64Array, inverse: Float64Array): number {
  const d = mean.length;
  let squares = 0;
  for (let i = 0; i < d; i++) {
    let standard = 0;
    for (let j = 0; j <= i; j++) standard += inverse[i * d + j] * (codes[n * d + j] - mean[j]);
    squares += standard * standard;
  }
  return Math.sqrt(squares);
}
