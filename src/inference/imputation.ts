/**
 * What is missing of samples, out of what is observed of them, as a user has it: in stored units, some samples with holes
 * and others without. How it is found is said beside the methods.
 */
import { pictureOf, type SampleSpec, type Samples } from '../data/index.js';
import { hasDensity, maskAsSeen, OptionError } from '../systems/index.js';
import { sizeOf, zeros } from '../tensor/index.js';
import { Holes, repeatedRows, rowsOf } from './imputationMethods.js';
import type { ModelRunner } from './runner.js';
import type { TrainedModel } from './trainedModel.js';

export const imputationMethods = ['importance', 'gibbs', 'metropolis'] as const;
export type ImputationMethod = (typeof imputationMethods)[number];

export interface ImputeOptions {
  /**
   * 1 where a number of a sample is known and 0 where it is missing, [count, ...sample].
   * @default missing is what is NaN
   */
  readonly observed?: Uint8Array;
  /** @default 'importance' */
  readonly method?: ImputationMethod;
  /** Completed versions of every sample. @default 5 */
  readonly draws?: number;
  /**
   * Codes that are tried for each sample: K of importance sampling; rounds of a chain, the first half of which only leads
   * away from its start. @default 500
   */
  readonly samples?: number;
  /** Whether the missing numbers of a draw are drawn, or means given its code. @default drawn for tables, else means */
  readonly values?: 'mean' | 'draw';
  /** Key of the noise. @default 0 */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Samples in stored units; what was observed is in them as it was. */
export interface Imputation {
  /** E[x|x_o], [count, ...sample]: the nearest level, the likeliest category. */
  readonly mean: Float32Array;
  /** The same as models see samples, neither rounded nor chosen, [count, ...sample as models see it]. */
  readonly expectation: Float32Array;
  /** [count, draws, ...sample] */
  readonly draws: Float32Array;
  /** Of importance sampling: 1/Σ w² of each sample, at most as many as were tried. NaN where nothing is missing. */
  readonly effectiveSamples?: Float32Array;
  /** Of metropolis: share of codes accepted, of each sample. NaN where nothing is missing. */
  readonly acceptance?: Float32Array;
}

/** Samples with holes in memory at a time: each has hundreds of codes. */
const GROUP = 256;

/**
 * Fills in what is missing of samples. Where a run binarises pictures, they are to be binarised beforehand.
 *
 * @throws OptionError if the system lacks a part of what it takes
 */
export async function impute(
  { runner }: TrainedModel,
  { x, labels }: Samples,
  {
    observed = Uint8Array.from(x, (value) => (Number.isNaN(value) ? 0 : 1)),
    method = 'importance',
    draws = 5,
    samples = 500,
    values,
    seed = 0,
    signal,
  }: ImputeOptions = {},
): Promise<Imputation> {
  const { data } = runner;
  requireParts(runner);
  const [stored, seen] = [sizeOf(data.spec.shape), sizeOf(data.shape)];
  const count = x.length / stored;
  if (observed.length !== x.length)
    throw new Error(`impute: there are ${observed.length} marks of what is observed for ${x.length} numbers`);
  // What is missing must be something that can be computed with, though nothing depends on it.
  const filler = fillerOf(data.spec);
  const known = x.map((value: number, i: number) => (observed[i] === 1 ? value : filler));
  const asSeen = await runner.mapSamples('seen', { x: known, labels }, (batch) => ({ x: batch.x }), {
    signal,
  });
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) =>
    observed.subarray(row * stored, (row + 1) * stored).includes(0),
  );
  const mean = Float32Array.from(known);
  const expectation = asSeen.x;
  const completed = repeatedRows(mean, stored, draws);
  const quality = new Float32Array(count).fill(Number.NaN);
  const marks = maskAsSeen(data.spec, observed);
  const isDrawn = (values ?? (data.spec.kind === 'table' ? 'draw' : 'mean')) === 'draw';
  let firstStep = 0;
  for (let first = 0; first < rows.length; first += GROUP) {
    const group = rows.slice(first, first + GROUP);
    const holes = new Holes(runner, {
      x: rowsOf(asSeen.x, seen, group),
      observed: rowsOf(marks, seen, group),
      labels: labels && Int32Array.from(group, (row) => labels[row]),
      isDrawn,
      seed,
      first,
      firstStep,
      signal,
    });
    const found = await holes[method](draws, samples);
    const filled = await holes.settled(found.average);
    firstStep = holes.nextStep;
    group.forEach((row, i) => {
      quality[row] = found.quality[i];
      expectation.set(filled.seen.subarray(i * seen, (i + 1) * seen), row * seen);
      for (let j = 0; j < stored; j++) {
        if (observed[row * stored + j] === 1) continue;
        mean[row * stored + j] = filled.x[i * stored + j];
        for (let d = 0; d < draws; d++)
          completed[(row * draws + d) * stored + j] = found.draws[(i * draws + d) * stored + j];
      }
    });
  }
  return {
    mean,
    expectation,
    draws: completed,
    ...(method === 'importance' ? { effectiveSamples: quality } : {}),
    ...(method === 'metropolis' ? { acceptance: quality } : {}),
  };
}

/** @throws OptionError saying what the system lacks */
function requireParts(runner: ModelRunner): void {
  const { settings, data } = runner;
  const { posterior, prior, likelihood, codeShape } = runner.build();
  const labels = data.classes > 0 ? zeros([1], 'int32') : undefined;
  const lacking = !posterior
    ? 'posterior over codes'
    : !hasDensity(prior?.(1, labels))
      ? 'prior with a density'
      : !likelihood?.(zeros([1, ...codeShape]), labels).marginalNll
        ? 'likelihood of single numbers of a sample'
        : undefined;
  if (lacking)
    throw new OptionError(
      'system',
      `${settings.system.name} has no ${lacking}, so there is nothing to draw what is missing from; train a vae`,
    );
}

/** A value that every column and pixel takes. */
function fillerOf(spec: SampleSpec): number {
  return pictureOf(spec)?.range[0] ?? 0;
}
