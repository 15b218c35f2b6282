/**
 * Where a model stands between saying nothing of a sample and saying all of it, both in nats per sample:
 *
 *   R = E KL(q(z|x) ‖ p(z)),   D = −E E_q[log p(x|z)],   −ELBO = R + D
 *
 * so that models of one bound lie on a line of slope −1. Of discrete codes without a posterior R is log K for every index.
 * Source: Alemi et al., ICML 2018 (arXiv:1711.00464).
 */
import type { ModelRunner } from '../inference/index.js';
import { boundMetrics } from './bound.js';
import { likelihoodKind } from './likelihoodKind.js';
import type { SampleSource, SourceOptions } from './sources.js';

export interface RateDistortion {
  /** R and D, nats per sample. */
  readonly rate: number;
  readonly distortion: number;
  readonly rateError: number | null;
  readonly distortionError: number | null;
  /** What log p(x|z) is: only one kind can be compared with itself. */
  readonly likelihood: 'bernoulli' | 'logistic' | 'density';
  /** How D was measured. */
  readonly estimator: string;
  readonly n: number;
}

/** @returns why there is no such point, where there is none */
export async function rateDistortion(
  runner: ModelRunner,
  source: SampleSource,
  options: SourceOptions = {},
): Promise<RateDistortion | string> {
  const metrics = await boundMetrics(runner, source, options);
  const [elbo, logLikelihood, kl] = ['elbo', 'logLikelihood', 'kl'].map((name) =>
    metrics.find((metric) => metric.name === name),
  );
  const likelihood = likelihoodKind(runner);
  if (elbo?.reason !== undefined) return elbo.reason;
  if (!logLikelihood || !kl || logLikelihood.value === null || kl.value === null || !likelihood)
    return 'the bound is not finite';
  return {
    rate: kl.value,
    distortion: -logLikelihood.value,
    rateError: kl.standardError,
    distortionError: logLikelihood.standardError,
    likelihood,
    estimator: logLikelihood.estimator,
    n: kl.n,
  };
}
