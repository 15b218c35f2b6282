/** What a system is: a name, an equation, options, and a model built from a description of the data. */
import type { z } from 'zod';
import type { Scope } from '../nn/index.js';
import type { Distribution, DrawOptions } from '../probability/index.js';
import type { Draws, Shape, Tensor, Variable } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import type { SampleDistribution } from './likelihood.js';
import type { PhaseOptimizer, Stage } from './phases.js';
import type { Terms } from './terms.js';

/** Samples as models see them: pictures in [0, 1], table columns as standard scores and one-hot categories. */
export interface Batch {
  /** [batch, ...event] */
  readonly x: Tensor;
  /** Class of each sample, int32 [batch], where the data has classes; −1 where that of a sample is not known. */
  readonly labels?: Tensor;
  /** Another batch of as many samples, in a training whose model asks for one. */
  readonly second?: Batch;
}

/** What a model takes samples for. */
export interface Classifier {
  /** classes: those of the data; clusters: groups that it has found by itself, in no order. */
  readonly of: 'classes' | 'clusters';
  /** log p(y|x) up to a constant of each sample, [batch, classes or clusters]. */
  logits(batch: Batch): Tensor;
}

/** p(z), as far as new samples need it; with a density it can be measured against. */
export interface CodePrior {
  /** What it is, where that is not what a user expects: `uniform over the indices of codes`. */
  readonly name?: string;
  readonly mean: Tensor;
  /** Whether draws can be nearer to the middle than the density says, or farther from it. */
  readonly takesTemperature?: boolean;
  /** A draw of codes through which no gradient flows. */
  sample(options?: DrawOptions): Tensor;
  /** log p(z), nats, [...batch]; absent where there is none to speak of. */
  logProb?(z: Tensor): Tensor;
}

/** Whether codes can be measured against this prior. */
export function hasDensity(p: CodePrior | undefined): p is CodePrior & Pick<Distribution, 'logProb'> {
  return p?.logProb !== undefined;
}

/** Where in a code there are indices instead of numbers: entries of a codebook, or categories. */
export interface CodeMap {
  /** Such as `top`; one map alone is called `codes`. */
  readonly name: string;
  /** Shape of the indices of one sample. */
  readonly shape: Shape;
  /** K: an index is one of 0 … K − 1. */
  readonly size: number;
}

/** A vector of each place of a map before its entry was chosen, and the entry, both [batch, ...map, dimension]. */
export interface QuantisedVectors {
  readonly before: Tensor;
  readonly after: Tensor;
}

/** A code that is made of indices. Elsewhere in `Model` a code is what these stand for, the embedded code. */
export interface DiscreteCodes {
  /** Coarsest first. */
  readonly maps: readonly CodeMap[];
  /** int32 [batch, ...map], one for each map. */
  indices(batch: Batch): readonly Tensor[];
  /** The embedded code [batch, ...code] of indices; what of a code is no index is at the prior's mean. */
  lookup(indices: readonly Tensor[]): Tensor;
  /** What was quantised, one for each map; absent where entries are drawn or chosen without a distance. */
  quantised?(batch: Batch): readonly QuantisedVectors[];
  /** What entries are chosen for, laid out as codes are, [batch, ...code]; absent where entries are drawn. */
  unquantised?(batch: Batch): Tensor;
  /** The embedded code of such vectors, [batch, ...code]. */
  quantise?(vectors: Tensor): Tensor;
}

/** What the indices of a map are called in files: `indices`, or with its name where there are several. */
export function indicesName(maps: readonly CodeMap[], map: CodeMap): string {
  return maps.length === 1 ? 'indices' : `indices.${map.name}`;
}

/** Values of all observed samples by name, row-major [count, ...]. */
export type Observed = Readonly<Record<string, Float32Array>>;

/** How variables get their first values from data, such as codebooks. */
export interface StartFromData {
  /** From a batch, with the initial weights, to tensors [batch, ...]. */
  observe(batch: Batch): Record<string, Tensor>;
  /**
   * Values to write before step 0; `observe` of the same model has been called before.
   *
   * @param initial what a variable holds until then
   */
  initialise(
    values: Observed,
    draws: Draws,
    initial: (variable: Variable) => Float32Array,
  ): Map<Variable, Float32Array>;
}

/** What is asked of a model of sequences about times to come. */
export interface RollOutOptions {
  /** Last time that the model sees, from 0. */
  readonly from: number;
  /** Frames to make. */
  readonly steps: number;
  /** Times from the last one seen to the first frame; then one at a time. @default 1 */
  readonly jump?: number;
  /** States drawn of what is believed at `from`. @default 1 */
  readonly starts?: number;
  /** Ways that it goes on from each of them. @default 1 */
  readonly continuations?: number;
}

/**
 * A built model. Tools (training, pictures, encoding, sampling, export, …) use nothing else, so whatever a system
 * answers here works with all of them.
 */
export interface Model {
  /** Shape of one code. */
  readonly codeShape: Shape;
  /**
   * The terms to minimise, always the same names; where `stages` say otherwise, what evaluation reports and the best
   * weights are chosen by. They never need a second batch.
   */
  objective(batch: Batch): Terms;
  /**
   * The code used as an embedding, [batch, ...code]: the posterior's mean where there is a posterior.
   *
   * @throws OptionError if the system is a generator
   */
  encode(batch: Batch): Tensor;
  /** What a code stands for, as models see samples: the likelihood's mean, [batch, ...event]. */
  decode(code: Tensor, labels?: Tensor): Tensor;
  /** p(x|z) for codes [...draws, batch, ...code]; absent where reconstructions have no likelihood. */
  likelihood?(code: Tensor, labels?: Tensor): SampleDistribution;
  /** q(z|x), where codes are uncertain. */
  posterior?(batch: Batch): Distribution;
  /** Whether batch normalisation needs statistics of its own where codes come from the prior. */
  readonly recalibrates?: boolean;
  /** p(z), or p(z|y) given labels, over `count` codes; absent where codes have no prior and nothing can be sampled. */
  prior?(count: number, labels?: Tensor): CodePrior;
  /** The indices that codes are made of, where they are. */
  readonly discrete?: DiscreteCodes;
  /** First values of variables that depend on the data: the trainer sees to it before step 0. */
  readonly start?: StartFromData;
  /** What training does, where that is more than one optimiser on `objective`. */
  readonly stages?: readonly Stage[];
  /** Whether a step takes a second, independent batch, as `batch.second`; labelled: of samples whose class is known. */
  readonly secondBatch?: boolean | 'labelled';
  /**
   * Whether phases play against each other in such a way that no number tells a better step from a worse one: then no
   * step counts as the best, nothing stops early, and the last weights are kept.
   */
  readonly isGame?: boolean;
  /** x as the encoder is given it in training, noise included: what a picture of denoising shows. */
  corrupt?(batch: Batch): Tensor;
  readonly classifier?: Classifier;
  /** What follows in sequences, as models see frames: [batch, starts, continuations, steps, ...frame]. */
  rollOut?(batch: Batch, options: RollOutOptions): Tensor;
  /** Pictures of what single units stand for, [units, ...sample]. */
  filters?(): Tensor;
}

/** The `encode` of a generator. */
export function noEncoder(system: string): Model['encode'] {
  return () => {
    throw new OptionError('system', `${system} only makes new samples; it has no encoder`);
  };
}

/** Training options that a system may have its own defaults for. */
export interface TrainingDefaults extends PhaseOptimizer {
  readonly batchSize?: number;
  readonly epochs?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly schedule?: 'constant' | 'linear' | 'cosine';
  readonly warmup?: number;
  readonly clip?: 'auto' | number;
  readonly averageWeights?: number;
}

/** What options, data and run must fulfil together. */
export interface Requirements<Options = Record<string, unknown>> {
  readonly options: Options;
  readonly data: DataDescription;
  readonly run: {
    readonly batchSize: number;
    /** Whether steps or epochs were asked for. */
    readonly isLengthGiven: boolean;
  };
}

/** As a method, so that a system of particular options is a system. */
interface OfOptions<Options> {
  hold(options: Options): boolean;
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
  /** Whether it only makes new samples: its models have no encoder, and their `encode` says so. */
  readonly isGenerator?: boolean;
  /** Whether samples must come with classes, or with which options they must. */
  readonly needsLabels?: boolean | OfOptions<z.output<Options>>['hold'];
  /** Whether samples may lack theirs where `needsLabels`, or with which options they may. */
  readonly takesUnknown?: boolean | OfOptions<z.output<Options>>['hold'];
  /** Whether numbers of samples may be missing: it looks at these through the networks and the likelihood or cost alone. */
  readonly takesHoles?: boolean;
  readonly options: Options;
  /** Training options where the user says nothing. */
  training?(options: z.output<Options>, data: DataDescription): TrainingDefaults;
  /** @throws OptionError naming the option that cannot be as it is with this data and run */
  require?(given: Requirements<z.output<Options>>): void;
  build(data: DataDescription, options: z.output<Options>, scope: Scope): Model;
}

/** Declares a system. */
export function system<Options extends z.ZodObject>(definition: System<Options>): System<Options> {
  return definition;
}

/** Whether codes or samples depend on a class, so that there must be classes, when a system is built with these options. */
export function requiresLabels({ needsLabels }: System, options: Record<string, unknown>): boolean {
  return typeof needsLabels === 'function' ? needsLabels(options) : needsLabels === true;
}

/** Whether every sample must come with its class when a system is built with these options. */
export function requiresEveryLabel(system: System, options: Record<string, unknown>): boolean {
  const { takesUnknown } = system;
  const takes = typeof takesUnknown === 'function' ? takesUnknown(options) : takesUnknown === true;
  return requiresLabels(system, options) && !takes;
}
