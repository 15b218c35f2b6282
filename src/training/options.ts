/** Options of training itself, the same for every system. */
import { z } from 'zod';
import { binarisations, type DataDescription, optimizerNames, type System } from '../systems/index.js';

const steps = () => z.number().int().nonnegative();

/** A number of steps, or, below 1, a fraction of the run. */
const stepsOrFraction = () => z.number().nonnegative();

export const trainingOptions = z.object({
  seed: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('key of all random streams: weights, noise, order of the data'),
  epochs: z.number().positive().optional().describe('passes over the training part'),
  steps: z.number().int().positive().optional().describe('optimiser steps, instead of epochs'),
  batchSize: z
    .number()
    .int()
    .positive()
    .default(128)
    .describe('samples per step; all samples, where there are fewer and no number is given'),
  learningRate: z.number().positive().default(1e-3).describe('step size of the optimiser'),
  optimizer: z.enum(optimizerNames).default('adam').describe('rule that turns gradients into steps'),
  momentum: z.number().min(0).lt(1).default(0).describe('momentum of sgd'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('memory of the mean gradient in the adam family'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('memory of the squared gradient in the adam family'),
  epsilon: z
    .number()
    .positive()
    .default(1e-8)
    .describe('added to the root of the squared gradient in rmsprop and the adam family'),
  weightDecay: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('decoupled weight decay of adamw, on weight matrices and kernels'),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('how the learning rate falls to zero over the run'),
  warmup: stepsOrFraction()
    .default(0)
    .describe('steps (or fraction of the run) over which the learning rate rises from zero'),
  binarise: z
    .enum(binarisations)
    .default('none')
    .describe('pictures: grey levels as 0 or 1, drawn anew in every step or by a threshold of ½'),
  perturb: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'pictures: probability of every number that training sees a level drawn at random instead, for a background model',
    ),
  clip: z
    .union([z.literal('auto'), z.number().nonnegative()])
    .default('auto')
    .describe('largest global gradient norm; auto: ten times its running average; 0: no limit'),
  klWarmup: stepsOrFraction()
    .default(0)
    .describe('steps (or fraction of the run) over which the weight of the KL terms rises from zero'),
  klCycles: steps()
    .default(0)
    .describe('cycles of KL weight over the run, each rising for its first half; 0: none'),
  freeBits: z
    .number()
    .nonnegative()
    .default(0)
    .describe('nats per code coordinate that the KL term does not pay for'),
  averageWeights: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('decay of an exponential average of the weights that evaluation and tools use; 0: none'),
  evaluateEvery: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('steps between evaluations on the validation part (default: twenty in a run)'),
  checkpointEvery: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('steps between checkpoints (default: at every evaluation)'),
  patience: steps()
    .default(10)
    .describe('evaluations without improvement after which training stops; 0: never'),
});

export type TrainingOptions = z.output<typeof trainingOptions>;

/**
 * The options of a run: what was given, over what the system prefers for these options and data, over what is usual. A
 * batch that nobody asked for is no larger than the data.
 */
export function trainingOptionsFor(
  { system, options, data }: { system: System; options: Record<string, unknown>; data: DataDescription },
  given: Partial<TrainingOptions> = {},
): TrainingOptions {
  const { optimizer, learningRate, beta1, beta2, epsilon, momentum, weightDecay, epochs, ...others } =
    system.training?.(options, data) ?? {};
  // What suits the system's own optimiser says nothing about another one.
  const ofOptimizer = { optimizer, learningRate, beta1, beta2, epsilon, momentum, weightDecay };
  const isOther = given.optimizer !== undefined && given.optimizer !== (optimizer ?? usual.optimizer);
  const isLengthGiven = given.epochs !== undefined || given.steps !== undefined;
  const all = trainingOptions.parse({
    ...defined(others),
    ...(isOther ? {} : defined(ofOptimizer)),
    ...(isLengthGiven ? {} : defined({ epochs })),
    ...defined(given),
  });
  return given.batchSize === undefined ? { ...all, batchSize: Math.min(all.batchSize, data.size) } : all;
}

const usual = trainingOptions.parse({});

const defined = (values: object) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Optimiser steps of a whole run. */
export function totalSteps(
  { epochs, steps: given, batchSize }: Pick<TrainingOptions, 'epochs' | 'steps' | 'batchSize'>,
  size: number,
): number {
  if (given !== undefined) return given;
  if (epochs !== undefined) return Math.max(1, Math.round((epochs * size) / batchSize));
  // Enough to see a latent space form on small data, and no more than a few passes over large data.
  return Math.min(6000, Math.max(1500, Math.round((20 * size) / batchSize)));
}
