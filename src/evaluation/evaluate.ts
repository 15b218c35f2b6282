/**
 * The objective on held-out data: every term in nats per sample, the bound at weight 1 whatever the training weights,
 * and what the codes carry.
 */
import type { Samples } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal, klPerDimension } from '../probability/index.js';
import { type Batch, type Model, toWeighted, type WeightedTerm } from '../systems/index.js';
import { sizeOf, type Tensor, zeros } from '../tensor/index.js';
import { LatentAccumulator, type LatentStatistics } from './latent.js';

export interface Evaluation {
  /** Number of samples. */
  readonly count: number;
  /** Terms of the bound at weight 1 plus penalties at theirs: −ELBO for a variational system. Nats per sample. */
  readonly loss: number;
  /** The same with the training weights: what the best weights are chosen by. */
  readonly objective: number;
  /** Each term before its weight. */
  readonly terms: Readonly<Record<string, number>>;
  /** loss / (D ln 2), in bits per number of a stored sample, for systems with a posterior. */
  readonly bitsPerDimension?: number;
  readonly latent?: LatentStatistics;
}

/** Samples by position. */
export interface SampleSource {
  readonly size: number;
  read(start: number, count: number): Promise<Samples>;
}

export interface EvaluateOptions {
  /** Key of the noise. @default 0 */
  seed?: number;
  /** Most samples to look at, from the front. @default all */
  limit?: number;
  signal?: AbortSignal;
}

/** Samples in memory at a time. */
const CHUNK = 2048;
const TERM = 'term ';

/** @throws Error if there are no samples */
export async function evaluate(
  runner: ModelRunner,
  source: SampleSource,
  { seed = 0, limit = source.size, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const count = Math.min(limit, source.size);
  if (count < 1) throw new Error('evaluate: there are no samples to measure the model on');
  const weighted = weightedTerms(runner);
  const totals = new Map(Object.keys(weighted).map((name) => [name, 0]));
  let latent: LatentAccumulator | undefined;
  for (let start = 0; start < count; start += CHUNK) {
    const samples = await source.read(start, Math.min(CHUNK, count - start));
    const rows = await runner.mapSamples(
      'evaluate',
      samples,
      (batch, { model, size }) => ({ ...termRows(model, batch, size), ...posteriorRows(model, batch) }),
      { seed, firstStep: start, signal },
    );
    for (const [name, total] of totals) totals.set(name, total + sum(rows[TERM + name]));
    if (rows.kl) {
      latent ??= new LatentAccumulator(sizeOf(runner.build().codeShape));
      latent.add(rows.kl, rows.mean, rows.logVar);
    }
  }
  const terms = Object.fromEntries(Array.from(totals, ([name, total]) => [name, total / count]));
  const sumOf = (weightOf: (term: WeightedTerm) => number) =>
    Object.entries(terms).reduce((total, [name, value]) => total + weightOf(weighted[name]) * value, 0);
  const loss = sumOf(({ role, weight }) => (role === 'bound' ? 1 : weight));
  const objective = sumOf(({ weight }) => weight);
  if (!latent) return { count, loss, objective, terms };
  const bitsPerDimension = loss / (sizeOf(runner.data.spec.shape) * Math.LN2);
  return { count, loss, objective, terms, bitsPerDimension, latent: latent.statistics(seed) };
}

/** The objective of two made-up samples, for the weights and roles of its terms. */
function weightedTerms(runner: ModelRunner): Record<string, WeightedTerm> {
  const { spec, classes } = runner.data;
  const batch: Batch = {
    x: runner.data.toModel(zeros([2, ...spec.shape], spec.dtype)),
    ...(classes > 0 ? { labels: zeros([2], 'int32') } : {}),
  };
  const terms = Object.entries(runner.build().objective(batch));
  return Object.fromEntries(terms.map(([name, term]) => [name, toWeighted(term)]));
}

function termRows(model: Model, batch: Batch, size: number): Record<string, Tensor> {
  const rows = Object.entries(model.objective(batch)).map(([name, term]) => {
    const { value } = toWeighted(term);
    return [TERM + name, value.rank === 0 ? value.broadcastTo([size]) : value];
  });
  return Object.fromEntries(rows);
}

function posteriorRows(model: Model, batch: Batch): Record<string, Tensor> {
  const q = model.posterior?.(batch);
  const p = model.prior?.(batch.x.shape[0], batch.labels);
  const kl = q && p && klPerDimension(q, p);
  if (!(q instanceof DiagonalNormal) || !kl) return {};
  return { kl: kl.flatten(), mean: q.mean.flatten(), logVar: q.logVar.broadcastTo(q.mean.shape).flatten() };
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
