/**
 * The objective on held-out data: every term in nats per sample, the bound at weight 1 whatever the training weights,
 * and what the codes carry.
 */
import type { Samples } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal, klPerDimension } from '../probability/index.js';
import { toWeighted } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
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

export async function evaluate(
  runner: ModelRunner,
  source: SampleSource,
  { seed = 0, limit = source.size, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const count = Math.min(limit, source.size);
  const totals = new Map<string, number>();
  let latent: LatentAccumulator | undefined;
  for (let start = 0; start < count; start += CHUNK) {
    const samples = await source.read(start, Math.min(CHUNK, count - start));
    const rows = await runner.mapSamples(
      'evaluate',
      samples,
      (batch, { model, size }) => {
        const terms = Object.entries(model.objective(batch)).map(([name, term]) => [
          `term ${name}`,
          perSample(toWeighted(term).value, size),
        ]);
        return { ...Object.fromEntries(terms), ...posteriorRows(model, batch) };
      },
      { seed, firstStep: start, signal },
    );
    for (const [name, values] of Object.entries(rows)) {
      if (name.startsWith('term ')) totals.set(name.slice(5), (totals.get(name.slice(5)) ?? 0) + sum(values));
    }
    if (rows.kl) {
      latent ??= new LatentAccumulator(rows.kl.length / (samples.x.length / sizeOf(runner.data.spec.shape)));
      latent.add(rows.kl, rows.mean, rows.logVar);
    }
  }
  const terms = Object.fromEntries(Array.from(totals, ([name, total]) => [name, total / count]));
  const combined = combine(runner, terms);
  if (!latent) return { count, terms, ...combined };
  const bitsPerDimension = combined.loss / (sizeOf(runner.data.spec.shape) * Math.LN2);
  return { count, terms, ...combined, bitsPerDimension, latent: latent.statistics(seed) };
}

function perSample(value: Tensor, size: number): Tensor {
  return value.rank === 0 ? value.broadcastTo([size]) : value;
}

type Evaluated = ReturnType<ModelRunner['build']>;

function posteriorRows(
  model: Evaluated,
  batch: Parameters<Evaluated['objective']>[0],
): Record<string, Tensor> {
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

function combine(
  runner: ModelRunner,
  terms: Readonly<Record<string, number>>,
): Pick<Evaluation, 'loss' | 'objective'> {
  const weights = runner.weights();
  let loss = 0;
  let objective = 0;
  for (const [name, value] of Object.entries(terms)) {
    const { weight, role } = weights[name];
    objective += weight * value;
    loss += (role === 'bound' ? 1 : weight) * value;
  }
  return { loss, objective };
}
