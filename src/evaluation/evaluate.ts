/**
 * The objective on held-out data: every term in nats per sample, the bound at weight 1 whatever the training weights,
 * and what the codes carry.
 */
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal, klPerDimension } from '../probability/index.js';
import { type Batch, type Model, toWeighted, type WeightedTerm } from '../systems/index.js';
import { sizeOf, type Tensor, zeros } from '../tensor/index.js';
import { IndexCounts, type IndexUse, indexRows } from './indices.js';
import { LatentAccumulator, type LatentStatistics } from './latent.js';
import { holdsTwoLevels, labelsOf, likelihoodKind } from './likelihoodKind.js';
import { CHUNK, type SampleSource, type SourceOptions } from './sources.js';

export interface Evaluation {
  /** Number of samples. */
  readonly count: number;
  /** Terms of the bound at weight 1 plus penalties at theirs, nats per sample. */
  readonly loss: number;
  /** The same with the training weights: what the best weights are chosen by. */
  readonly objective: number;
  /** Each term before its weight; those of whole batches are absent where there are too few samples for one. */
  readonly terms: Readonly<Record<string, number>>;
  /** What one has to know to compare a term with that of another run, by name. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Terms of the bound at weight 1, nats per sample, for systems with a posterior, or indices, and a likelihood. */
  readonly negativeElbo?: number;
  /** −ELBO / (D ln 2), in bits per number of a stored sample. */
  readonly bitsPerDimension?: number;
  /** Why there are no bits per dimension, where one might expect them. */
  readonly noBitsBecause?: string;
  readonly latent?: LatentStatistics;
  /** Use of the indices that codes are made of, map by map. */
  readonly indices?: readonly IndexUse[];
}

export interface EvaluateOptions extends SourceOptions {
  /** Samples of the batches that whole-batch terms are measured on: those of the training. @default 256 */
  batchSize?: number;
}

/** Samples of a batch, where there is no training to say so. */
const BATCH = 256;
const TERM = 'term ';

/** @throws Error if there are no samples */
export async function evaluate(
  runner: ModelRunner,
  source: SampleSource,
  { seed = 0, limit = source.size, batchSize = BATCH, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const count = Math.min(limit, source.size);
  if (count < 1) throw new Error('evaluate: there are no samples to measure the model on');
  const weighted = weightedTerms(runner);
  const size = Math.min(batchSize, count);
  const ofBatch = Object.keys(weighted).filter((name) => weighted[name].value.rank === 0);
  const ofSample = Object.keys(weighted).filter((name) => weighted[name].value.rank > 0);
  const totals = new Map<string, { sum: number; count: number }>();
  const add = (name: string, values: Float32Array) => {
    const { sum, count } = totals.get(name) ?? { sum: 0, count: 0 };
    totals.set(name, {
      sum: values.reduce((total, value) => total + value, sum),
      count: count + values.length,
    });
  };
  const posterior = new LatentAccumulator(sizeOf(runner.build().codeShape));
  const { discrete } = runner.build();
  const indices = discrete && new IndexCounts(discrete.maps);
  let isBinary = true;
  // No batch lies across two chunks.
  const chunk = ofBatch.length > 0 ? Math.max(1, Math.floor(CHUNK / size)) * size : CHUNK;
  for (let start = 0; start < count; start += chunk) {
    const here = Math.min(chunk, count - start);
    const samples = await source.read(start, here);
    isBinary &&= runner.data.binarise !== 'none' || holdsTwoLevels(runner, samples);
    const options = { seed, firstStep: start, isObserved: true, signal };
    const rows = await runner.mapSamples(
      'evaluate',
      samples,
      (batch, { model }) => ({
        ...valuesOf(model, batch, ofSample),
        ...posteriorRows(model, batch),
        ...indexRows(model, batch),
      }),
      options,
    );
    for (const name of ofSample) add(name, rows[TERM + name]);
    indices?.add(rows);
    if (rows.kl) posterior.add(rows.kl, rows.mean, rows.logVar);
    if (ofBatch.length === 0 || size < 2 || here < size) continue;
    const values = await runner.mapSamples(
      'evaluate whole batches',
      samples,
      (batch, { model }) => valuesOf(model, batch, ofBatch),
      { ...options, batchSize: size },
    );
    for (const name of ofBatch) add(name, values[TERM + name]);
  }
  const terms = Object.fromEntries(Array.from(totals, ([name, { sum, count }]) => [name, sum / count]));
  const sumOf = (weightOf: (term: WeightedTerm) => number) =>
    Object.entries(terms).reduce((total, [name, value]) => total + weightOf(weighted[name]) * value, 0);
  return {
    count,
    loss: sumOf(({ role, weight }) => (role === 'bound' ? 1 : weight)),
    objective: sumOf(({ weight }) => weight),
    terms,
    ...notesOf(weighted),
    ...boundNumbers(
      runner,
      sumOf(({ role }) => (role === 'bound' ? 1 : 0)),
      isBinary,
    ),
    ...(posterior.isEmpty ? {} : { latent: posterior.statistics(seed) }),
    ...(indices ? { indices: indices.use } : {}),
  };
}

function notesOf(terms: Record<string, WeightedTerm>): Pick<Evaluation, 'notes'> {
  const notes = Object.entries(terms).flatMap(([name, { note }]) => (note ? [[name, note]] : []));
  return notes.length > 0 ? { notes: Object.fromEntries(notes) } : {};
}

/** −ELBO and bits per dimension, where the terms are a bound on a probability. */
function boundNumbers(
  runner: ModelRunner,
  negativeElbo: number,
  isBinary: boolean,
): Pick<Evaluation, 'negativeElbo' | 'bitsPerDimension' | 'noBitsBecause'> {
  const kind = likelihoodKind(runner);
  const { posterior, discrete } = runner.build();
  if (!kind || !(posterior || discrete)) return {};
  if (runner.data.holes)
    return { negativeElbo, noBitsBecause: 'samples differ in how many of their numbers are there' };
  if (kind === 'bernoulli' && !isBinary)
    return {
      negativeElbo,
      noBitsBecause: 'a Bernoulli likelihood of grey levels is a cross-entropy, not a probability of them',
    };
  if (kind === 'density')
    return {
      negativeElbo,
      noBitsBecause: 'a density has bits only once noise fills the levels up, which vaekit evaluate does',
    };
  return { negativeElbo, bitsPerDimension: negativeElbo / (sizeOf(runner.data.spec.shape) * Math.LN2) };
}

/** The objective of two made-up samples, for the weights and roles of its terms. */
function weightedTerms(runner: ModelRunner): Record<string, WeightedTerm> {
  const { spec } = runner.data;
  const labels = labelsOf(runner, 2);
  const batch: Batch = {
    x: runner.data.toModel(zeros([2, ...spec.shape], spec.dtype)),
    ...(labels ? { labels } : {}),
  };
  const terms = Object.entries(runner.build().objective(batch));
  return Object.fromEntries(terms.map(([name, term]) => [name, toWeighted(term)]));
}

function valuesOf(model: Model, batch: Batch, names: readonly string[]): Record<string, Tensor> {
  const terms = model.objective(batch);
  return Object.fromEntries(names.map((name) => [TERM + name, toWeighted(terms[name]).value]));
}

function posteriorRows(model: Model, batch: Batch): Record<string, Tensor> {
  const q = model.posterior?.(batch);
  const p = model.prior?.(batch.x.shape[0], batch.labels);
  const kl = q && p && klPerDimension(q, p);
  if (!(q instanceof DiagonalNormal) || !kl) return {};
  return { kl: kl.flatten(), mean: q.mean.flatten(), logVar: q.logVar.broadcastTo(q.mean.shape).flatten() };
}
