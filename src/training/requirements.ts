/** What options, data and system must fulfil together before a run begins: an option without effect is an error. */
import type { ModelDefinition } from '../inference/index.js';
import { OptionError, requiresEveryLabel, requiresLabels, systems } from '../systems/index.js';
import { type TrainingOptions, trainingOptions } from './options.js';

const usual = trainingOptions.parse({});

/** @throws OptionError naming the first option that cannot be as it is */
export function requireTrainable({
  system,
  options,
  data,
  training,
}: ModelDefinition & { readonly training: TrainingOptions }): void {
  const { batchSize, epochs, steps, optimizer, momentum, weightDecay, klWarmup, klCycles } = training;
  if (batchSize > data.size) {
    throw new OptionError(
      'batchSize',
      `a batch of ${batchSize} is larger than the ${data.size} training samples; take ${data.size} or fewer`,
    );
  }
  if (requiresLabels(system, options) && data.classes === 0) {
    throw new OptionError(
      'data',
      `${system.name} is conditioned on classes, and this data has none; give it labels or choose another system`,
    );
  }
  if (requiresEveryLabel(system, options) && data.hasUnknown) {
    throw new OptionError(
      'data',
      `${system.name} is conditioned on the class of each sample, and that of some is not known; give all of them labels, leave those samples out, or choose a system that does without`,
    );
  }
  if (data.holes && !system.takesHoles) {
    const takers = systems.filter(({ takesHoles }) => takesHoles).map(({ name }) => name);
    throw new OptionError(
      'missing',
      `${system.name} compares whole samples, and of these some numbers are missing; take one of ${takers.join(', ')}, or say drop, which leaves such rows out`,
    );
  }
  const refuse = (option: string, because: string) => {
    throw new OptionError(option, `has no effect ${because}; leave it out`);
  };
  if (epochs !== undefined && steps !== undefined) refuse('epochs', 'beside steps');
  if (momentum > 0 && optimizer !== 'sgd') refuse('momentum', `with optimizer ${optimizer}, only with sgd`);
  if (weightDecay !== usual.weightDecay && optimizer !== 'adamw')
    refuse('weightDecay', `with optimizer ${optimizer}, only with adamw`);
  for (const option of ['beta1', 'beta2'] as const)
    if (training[option] !== usual[option] && !optimizer.startsWith('ada'))
      refuse(option, `with optimizer ${optimizer}, only with the adam family`);
  if (training.epsilon !== usual.epsilon && optimizer === 'sgd') refuse('epsilon', 'with optimizer sgd');
  if (klWarmup > 0 && klCycles > 0) refuse('klWarmup', 'beside klCycles');
  const isLengthGiven =
    steps !== undefined || (epochs !== undefined && epochs !== system.training?.(options, data).epochs);
  system.require?.({ options, data, run: { batchSize, isLengthGiven } });
}
