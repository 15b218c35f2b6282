/** What a system is: a name, an equation, options, and a model built from a description of the data. */
import type { z } from 'zod';
import type { Scope } from '../nn/index.js';
import type { Distribution } from '../probability/index.js';
import type { Shape, Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import type { Terms } from './terms.js';

/** Samples as models see them: pictures in [0, 1], table columns as standard scores and one-hot categories. */
export interface Batch {
  /** [batch, ...event] */
  readonly x: Tensor;
  /** Class of each sample, int32 [batch], where the data has classes. */
  readonly labels?: Tensor;
}

/**
 * A built model. Tools (training, pictures, encoding, sampling, export, …) use nothing else, so whatever a system
 * answers here works with all of them.
 */
export interface Model {
  /** Shape of one code. */
  readonly codeShape: Shape;
  /** The terms to minimise, always the same names. */
  objective(batch: Batch): Terms;
  /** The code used as an embedding, [batch, ...code]: the posterior's mean where there is a posterior. */
  encode(batch: Batch): Tensor;
  /** What a code stands for, as models see samples: the likelihood's mean, [batch, ...event]. */
  decode(code: Tensor, labels?: Tensor): Tensor;
  /** A draw from the likelihood p(x|z), as models see samples; absent where a code leaves nothing to chance. */
  draw?(code: Tensor, labels?: Tensor): Tensor;
  /** q(z|x), where codes are uncertain. */
  posterior?(batch: Batch): Distribution;
  /** p(z), or p(z|y) given labels, over `count` codes; absent where codes have no prior and nothing can be sampled. */
  prior?(count: number, labels?: Tensor): Distribution;
}

export interface System<Options extends z.ZodObject = z.ZodObject> {
  /** As on the command line, such as `beta-vae`. */
  readonly name: string;
  /** As in a text, such as β-VAE. */
  readonly title: string;
  /** Where it comes from: authors, venue or year, identifier. */
  readonly paper: string;
  /** What is minimised, in LaTeX. */
  readonly objective: string;
  /** One sentence for someone who chooses. */
  readonly summary: string;
  /** Whether samples must come with classes. */
  readonly needsLabels?: boolean;
  readonly options: Options;
  build(data: DataDescription, options: z.output<Options>, scope: Scope): Model;
}

/** Declares a system. */
export function system<Options extends z.ZodObject>(definition: System<Options>): System<Options> {
  return definition;
}
