/**
 * What classifiers are given of samples: their codes, and beside these what is to be had without training: samples as models
 * see them, as many of their principal components as a code has numbers, and the codes of the same encoder before it was trained.
 */
import { principalComponents } from '../data/index.js';
import { type Engine, initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { sizeOf, Variable } from '../tensor/index.js';
import { labelledCodes, labelledRows } from './labelledCodes.js';
import type { LabelledRows } from './softmaxRegression.js';
import type { SampleSource } from './sources.js';

export interface Features {
  /** Of the names of metrics; empty for codes. */
  readonly suffix: string;
  /** As in a sentence. */
  readonly name: string;
  readonly dimensions: number;
  /** Why there are none, if so. */
  readonly reason?: string;
  /** Of the first samples of known class, at most `limit`. */
  rows(source: SampleSource, limit: number): Promise<LabelledRows>;
}

interface FeatureRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  readonly training: SampleSource;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Training samples that components are found on. */
const MOST_FITTED = 10_000;

export function codeFeatures(request: Pick<FeatureRequest, 'runner' | 'signal'>): Features {
  return {
    suffix: '',
    name: 'codes',
    dimensions: sizeOf(request.runner.build().codeShape),
    rows: (source, limit) => labelledCodes(request, source, limit),
  };
}

export async function baselineFeatures(request: FeatureRequest): Promise<Features[]> {
  const { runner } = request;
  const samples: Features = {
    suffix: '.samples',
    name: 'samples as models see them',
    dimensions: sizeOf(runner.data.shape),
    ...(runner.data.holes ? { reason: 'some of their numbers are missing' } : {}),
    rows: (source, limit) => labelledRows(request, source, limit, 'samples', ({ x }) => x.flatten()),
  };
  return [samples, await componentFeatures(request, samples), await untrainedFeatures(request)];
}

async function componentFeatures({ runner, training }: FeatureRequest, samples: Features): Promise<Features> {
  const [d, components] = [samples.dimensions, sizeOf(runner.build().codeShape)];
  const about = { suffix: '.pca', name: 'principal components of samples', dimensions: components };
  if (samples.reason !== undefined) return { ...samples, ...about };
  if (components > d) {
    const reason = `codes of ${components} numbers are no fewer than the ${d} of a sample`;
    return { ...about, reason, rows: samples.rows };
  }
  const fitted = await samples.rows(training, MOST_FITTED);
  const points = { data: fitted.features, count: fitted.labels.length, dimensions: d };
  const { mean, directions } = principalComponents(points, components);
  return {
    ...about,
    async rows(source, limit) {
      const { features, labels, classes } = await samples.rows(source, limit);
      const projected = new Float32Array(labels.length * components);
      for (let n = 0; n < labels.length; n++) {
        for (let c = 0; c < components; c++) {
          let sum = 0;
          for (let j = 0; j < d; j++) sum += (features[n * d + j] - mean[j]) * directions[c * d + j];
          projected[n * components + c] = sum;
        }
      }
      return { features: projected, labels, dimensions: components, classes };
    },
  };
}

/** The encoder with weights as they are before a training. */
async function untrainedFeatures({ runner, engine, seed = 0, signal }: FeatureRequest): Promise<Features> {
  const { table, settings } = runner;
  const untrained = new Map(
    Array.from(table.variables.values(), (variable) => {
      const { name, shape, initialiser, dtype } = variable;
      return [
        variable,
        new Variable(`untrained/${name}`, shape, initialiser, { dtype, startsAs: variable }),
      ] as const;
    }),
  );
  await engine.variables.write(initialValues(untrained.values(), seed));
  const fresh = new ModelRunner({ ...settings, table, replacements: untrained });
  return {
    ...codeFeatures({ runner: fresh, signal }),
    suffix: '.untrained',
    name: 'codes of the encoder before training',
  };
}
