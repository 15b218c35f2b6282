/** Which likelihood a model has, and whether its samples are what that is a likelihood of. */
import { pictureOf, type Samples } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { Bernoulli, DiscretisedLogistic, LogisticMixture } from '../probability/index.js';
import { ObservedOnly } from '../systems/index.js';
import { type Tensor, zeros } from '../tensor/index.js';

/** `logistic` stands for logistic distributions over levels and mixtures of them, `density` for all whose values are no probabilities; undefined where the model has no likelihood. */
export function likelihoodKind(runner: ModelRunner): 'bernoulli' | 'logistic' | 'density' | undefined {
  const model = runner.build();
  const given = model.likelihood?.(zeros([1, ...model.codeShape]), labelsOf(runner, 1));
  const p = given instanceof ObservedOnly ? given.whole : given;
  if (p instanceof Bernoulli) return 'bernoulli';
  if (p instanceof DiscretisedLogistic || p instanceof LogisticMixture) return 'logistic';
  return p && 'density';
}

/** What estimators of likelihoods add where numbers of samples are missing. */
export const OF_OBSERVED = 'of what is there of each sample';

/** Made-up classes, where samples have any. */
export function labelsOf({ data }: ModelRunner, count: number): Tensor | undefined {
  return data.classes > 0 ? zeros([count], 'int32') : undefined;
}

/** Whether pictures hold nothing but their lowest and highest level: only of those is a Bernoulli a likelihood. */
export function holdsTwoLevels({ data: { spec } }: ModelRunner, { x }: Samples): boolean {
  const picture = pictureOf(spec);
  if (!picture) return true;
  const [low, high] = picture.range;
  return x.every((value: number) => value === low || value === high || Number.isNaN(value));
}
