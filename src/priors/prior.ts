/**
 * What a prior is: a distribution of codes that is fitted after the autoencoder, on the codes of its training samples.
 *
 * A prior that is fitted by gradient has an `objective` and is trained as every system is; one with a closed form or an
 * algorithm of its own has `fit`. Either way what is kept are the values of the variables that `build` makes.
 */
import type { z } from 'zod';
import type { SampleSource } from '../evaluation/index.js';
import type { ModelRunner } from '../inference/index.js';
import type { Scope } from '../nn/index.js';
import type { Batch, CodePrior, Model, Terms, TrainingDefaults } from '../systems/index.js';
import type { DType, Shape, Tensor, TensorData } from '../tensor/index.js';
import type { CodeRows } from './codeRows.js';
import type { CodeDescription, GridCodes, VectorCodes } from './description.js';

/**
 * Chooses an index for each code by its logits [count, 1, size], int32 [count, 1]: a draw, or what is there already where
 * codes are compressed. `stream` names the noise of a draw.
 */
export type Choose = (logits: Tensor, stream: string) => Tensor;

/** Draws that are made in steps on an engine, each of which sees what those before it have written. */
export interface Drawing {
  /** One after the other. */
  readonly parts: readonly DrawingPart[];
  /** What steps keep, zeros before the first. */
  readonly state: Readonly<Record<string, { readonly shape: Shape; readonly dtype?: DType }>>;
  /** The codes after the last step, [count, ...] as the prior sees them. */
  codes(state: Readonly<Record<string, Tensor>>): Tensor;
}

export interface DrawingPart {
  readonly steps: number;
  /**
   * How many indices a step chooses, and out of how many. Choices come in the order of joined indices, and the logits of
   * each are made of nothing but what was chosen before it. Absent where a step chooses none.
   */
  readonly choices?: { readonly count: number; readonly size: number };
  /**
   * The state after a step; what it leaves out stays.
   *
   * @param position number of the step within the part, from 0, int32 scalar: noise of one stream differs from step to step
   */
  step(state: Readonly<Record<string, Tensor>>, position: Tensor, choose: Choose): Record<string, Tensor>;
}

/** A built prior, over codes as priors see them: standard scores [batch, d], or indices [batch, positions]. */
export interface PriorModel extends Pick<Model, 'stages' | 'secondBatch' | 'isGame'> {
  /** The terms to minimise: −log p(z), or a bound on it, where there is one. */
  objective(batch: Batch): Terms;
  /** p(z), or p(z|y) given labels, of `count` codes. Absent where draws are made in steps, by `drawing`. */
  distribution?(count: number, labels?: Tensor): CodePrior;
  /** Draws of `count` codes in steps. */
  drawing?(count: number, labels?: Tensor): Drawing;
}

/** What the terms of the objective add up to: −log p(z), a bound on it, or nothing, for a prior that makes draws only. */
export type ObjectiveKind = 'density' | 'bound' | 'none';

/** What an algorithm that fits a prior is given. */
export interface FitRequest<Codes extends CodeDescription> {
  readonly description: Codes;
  /** Codes of the training part, and of the validation part. */
  readonly training: CodeRows;
  readonly validation: CodeRows;
  readonly seed: number;
  /** The autoencoder, whose weights stay as they are, and the samples of the training part. */
  readonly model: ModelRunner;
  readonly samples: SampleSource;
  /** Trains something by gradient on these codes, and gives its weights by name. */
  train(build: (scope: Scope) => PriorModel): Promise<ReadonlyMap<string, TensorData>>;
  /** Tells the user of something that was not as it should be. */
  warn(message: string): void;
  /** Tells numbers that say how the fit went. */
  report(facts: Readonly<Record<string, number>>): void;
  readonly signal?: AbortSignal;
}

export interface PriorOf<Codes extends CodeDescription, Options extends z.ZodObject = z.ZodObject> {
  /** As on the command line, such as `two-stage`. */
  readonly name: string;
  /** As in a text. */
  readonly title: string;
  /** Where it comes from: authors, venue or year, identifier. */
  readonly paper: string;
  /** What is minimised, or the distribution, in LaTeX. */
  readonly objective: string;
  /** One sentence for someone who chooses. */
  readonly summary: string;
  readonly codes: Codes['kind'];
  readonly value: ObjectiveKind;
  /** Whether gradients fit it, so that training has options. */
  readonly isTrained: boolean;
  readonly options: Options;
  /** Whether it is p(z|y) with these options, so that draws take classes. @default never */
  isConditional?(options: z.output<Options>): boolean;
  /** Training options where the user says nothing. */
  training?(options: z.output<Options>, codes: Codes): TrainingDefaults;
  /** @throws OptionError naming the option that cannot be as it is with these codes */
  require?(options: z.output<Options>, codes: Codes): void;
  build(codes: Codes, options: z.output<Options>, scope: Scope): PriorModel;
  /** Values of the variables that `build` makes, by name. @default what training on the objective gives */
  fit?(
    request: FitRequest<Codes>,
    options: z.output<Options>,
  ): ReadonlyMap<string, TensorData> | Promise<ReadonlyMap<string, TensorData>>;
}

/** A prior over codes of real numbers. */
export type VectorPrior<Options extends z.ZodObject = z.ZodObject> = PriorOf<VectorCodes, Options>;
/** A prior over codes that are indices. */
export type GridPrior<Options extends z.ZodObject = z.ZodObject> = PriorOf<GridCodes, Options>;
export type Prior = VectorPrior | GridPrior;

/** Declares a prior over codes of real numbers. */
export function vectorPrior<Options extends z.ZodObject>(
  definition: Omit<VectorPrior<Options>, 'codes'>,
): VectorPrior<Options> {
  return { ...definition, codes: 'vectors' };
}

/** Declares a prior over codes that are indices. */
export function gridPrior<Options extends z.ZodObject>(
  definition: Omit<GridPrior<Options>, 'codes'>,
): GridPrior<Options> {
  return { ...definition, codes: 'grids' };
}
