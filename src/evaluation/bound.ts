/**
 * The evidence lower bound by its definition, whatever the training objective weighs, and bits per dimension:
 *
 *   ELBO(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))
 *
 * with one draw of z for each sample, and the divergence in closed form where there is one. For 256 levels and a density,
 * noise fills the levels up: v + u, u ~ U[0, 1), and the density is in units of a level. Theis et al. 2016, §3.1.
 */
import { pictureOf } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { type Distribution, kl } from '../probability/index.js';
import { type Batch, type CodePrior, hasDensity, type Model, uniformNats } from '../systems/index.js';
import { fill, randomUniform, sizeOf, type Tensor } from '../tensor/index.js';
import { holdsTwoLevels, labelsOf, likelihoodKind, OF_OBSERVED } from './likelihoodKind.js';
import { type Metric, meanOver, missing } from './metric.js';
import { CHUNK, mapSource, type SampleSource, type SourceOptions } from './sources.js';

const LEVELS = 256;
/** What the Bernoulli likelihood gives for grey levels; not comparable to binarised pictures. */
export const SOFT_TARGETS = 'cross-entropy on soft targets, no likelihood';

export async function boundMetrics(
  runner: ModelRunner,
  source: SampleSource,
  options: SourceOptions = {},
): Promise<Metric[]> {
  const count = Math.min(options.limit ?? source.size, source.size);
  const isIndexed = hasCertainIndices(runner);
  const lacking = isIndexed ? undefined : lacks(runner);
  const { holes } = runner.data;
  const ofObserved = (estimator: string) => (holes ? `${estimator}; ${OF_OBSERVED}` : estimator);
  const formula = isIndexed
    ? 'log p(x|z) − Σ log K over all indices, whose prior is uniform'
    : 'E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)), one draw of z';
  const elbo = { name: 'elbo', unit: 'nats', estimator: ofObserved(formula) } as const;
  const bits = {
    name: 'bitsPerDimension',
    unit: 'bits per dimension',
    estimator: '−ELBO / (D ln 2)',
  } as const;
  if (lacking) return [missing(count, elbo, lacking), missing(count, bits, lacking)];
  const kind = likelihoodKind(runner);
  const rows = await mapSource(runner, 'evidence lower bound', source, options, (batch, { model }) => ({
    ...bound(model, batch),
  }));
  const values = rows.logLikelihood.map((value, i) => value - rows.kl[i]);
  const isSoft = await hasSoftTargets(runner, source, options);
  const expected = isIndexed ? 'log p(x|z)' : 'E_q[log p(x|z)], one draw of z';
  const reconstruction = ofObserved(isSoft ? SOFT_TARGETS : expected);
  const measured = [
    meanOver(values, isSoft ? { ...elbo, estimator: `${elbo.estimator}; ${reconstruction}` } : elbo),
    meanOver(rows.logLikelihood, { name: 'logLikelihood', unit: 'nats', estimator: reconstruction }),
    meanOver(rows.kl, {
      name: 'kl',
      unit: 'nats',
      estimator: isIndexed ? 'Σ log K over all indices' : 'KL(q(z|x) ‖ p(z)), the mean over samples',
    }),
  ];
  const D = sizeOf(runner.data.spec.shape);
  const perDimension = (nats: Float32Array, shift: number) =>
    nats.map((nat) => -nat / (D * Math.LN2) + shift);
  const picture = pictureOf(runner.data.spec);
  if (holes)
    return [...measured, missing(count, bits, 'samples differ in how many of their numbers are there')];
  if (isSoft)
    return [
      ...measured,
      missing(count, bits, 'the Bernoulli likelihood of grey levels is no density of them'),
    ];
  if (!picture)
    return [...measured, missing(count, bits, 'columns and points have densities in units of their own')];
  if (kind === 'bernoulli' || kind === 'logistic')
    return [...measured, meanOver(perDimension(values, 0), bits)];
  if (picture.dtype !== 'uint8' || picture.range[1] - picture.range[0] !== LEVELS - 1)
    return [...measured, missing(count, bits, 'the pictures have no 256 levels, so a density has no unit')];
  const filled = await mapSource(runner, 'dequantised bound', source, options, ({ x, labels }, { model }) => {
    const noise = randomUniform('dequantisation', x.shape);
    const full = x
      .mul(LEVELS - 1)
      .add(noise)
      .mul(1 / LEVELS);
    const { logLikelihood, kl } = bound(model, { x: full, labels });
    return { elbo: logLikelihood.sub(kl) };
  });
  const dequantised = { ...bits, estimator: `${bits.estimator} of (v + u)/256 with uniform u, plus 8` };
  return [...measured, meanOver(perDimension(filled.elbo, Math.log2(LEVELS)), dequantised)];
}

/** Whether codes are indices without a posterior: one code for each sample, which a uniform prior gives Π 1/K. */
export function hasCertainIndices(runner: ModelRunner): boolean {
  const { posterior, discrete, likelihood } = runner.build();
  return discrete !== undefined && !posterior && likelihood !== undefined;
}

/** What of a bound the model has not got, in words. */
export function lacks(runner: ModelRunner): string | undefined {
  const { name } = runner.settings.system;
  const { posterior, prior, likelihood } = runner.build();
  if (hasCertainIndices(runner)) return `codes of ${name} are certain, and draws of them change nothing`;
  if (!posterior) return `${name} has no posterior over codes`;
  if (!hasDensity(prior?.(1, labelsOf(runner, 1)))) return `${name} has no prior with a density`;
  return likelihood ? undefined : `${name} has no likelihood of samples`;
}

/** log p(x|z) and KL(q ‖ p) of each sample. */
export function bound(model: Model, batch: Batch): { logLikelihood: Tensor; kl: Tensor } {
  const { discrete, likelihood } = model;
  if (discrete && likelihood && !model.posterior)
    return {
      logLikelihood: likelihood(model.encode(batch), batch.labels).nll(batch.x).neg(),
      kl: fill([batch.x.shape[0]], uniformNats(discrete.maps)),
    };
  const q = model.posterior?.(batch);
  const p = model.prior?.(batch.x.shape[0], batch.labels);
  if (!q || !hasDensity(p) || !model.likelihood)
    throw new Error('the bound takes a posterior, a prior and a likelihood');
  const z = q.sample();
  return {
    logLikelihood: model.likelihood(z, batch.labels).nll(batch.x).neg(),
    kl: isDistribution(p) ? kl(q, p) : q.logProb(z).sub(p.logProb(z)),
  };
}

function isDistribution(p: CodePrior): p is Distribution {
  return 'eventRank' in p && 'nll' in p;
}

/** Whether a Bernoulli likelihood meets grey levels, of which it is no likelihood. */
export async function hasSoftTargets(
  runner: ModelRunner,
  source: SampleSource,
  { limit = source.size }: SourceOptions,
): Promise<boolean> {
  if (likelihoodKind(runner) !== 'bernoulli') return false;
  const count = Math.min(limit, source.size);
  for (let start = 0; start < count; start += CHUNK) {
    const samples = await source.read(start, Math.min(CHUNK, count - start));
    if (!holdsTwoLevels(runner, samples)) return true;
  }
  return false;
}
