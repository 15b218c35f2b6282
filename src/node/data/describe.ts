/** What `vaekit data` shows: what is in the data, how it is read, and what suits it. */
import {
  type ColumnType,
  type Dataset,
  elementsPerSample,
  hasHoles,
  MissingCellsError,
  pictureOf,
  rowOf,
  type SampleSpec,
  showSpec,
  splitDataset,
  summarise,
  type ValueSummary,
} from '../../data/index.js';
import {
  chooseArchitecture,
  chooseLikelihood,
  describeData,
  type LikelihoodName,
  likelihoodOptions,
  networkOptions,
  pointcloudAe,
  tdVae,
} from '../../systems/index.js';
import { type OpenOptions, openDataset } from './open.js';

export interface DatasetReport {
  readonly name: string;
  readonly kind: SampleSpec['kind'];
  /** Of a sample. */
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'float32';
  readonly size: number;
  /** Numbers of samples of the three parts; absent where there are too few for three. */
  readonly split?: { readonly train: number; readonly validation: number; readonly test: number };
  /** Number of samples, evenly spread, that were looked at for what follows. */
  readonly examined: number;
  /** What samples are, as in a sentence. */
  readonly samples: string;
  /** Stored values of black and full intensity. */
  readonly range?: readonly [number, number];
  /** Of pixels, and of coordinates of points. */
  readonly values?: ValueSummary;
  /** Of tables, and of sequences of rows. */
  readonly columns?: readonly ColumnReport[];
  readonly classes?: readonly { readonly name: string; readonly count: number }[];
  /** Samples examined whose class is not known, where there are classes. */
  readonly unlabelled?: number;
  readonly factors?: readonly { readonly name: string; readonly values: number }[];
  readonly notices: readonly string[];
  readonly fingerprint: string;
  readonly suggestion: Suggestion;
}

export interface ColumnReport extends ValueSummary {
  readonly name: string;
  readonly type: ColumnType;
  readonly categories?: readonly string[];
  readonly missing: number;
}

export interface Suggestion {
  readonly system: string;
  /** Of systems that have a choice. */
  readonly architecture?: string;
  readonly likelihood?: LikelihoodName;
  /** To be typed as it stands. */
  readonly command: string;
}

/** Samples that are looked at at least, and bytes of them. */
const EXAMINED_SAMPLES = 10_000;
const EXAMINED_BYTES = 2 ** 26;

/**
 * Opens data and describes it. Rows with missing cells are kept, where training refuses them unless it is told to.
 *
 * @throws DataError and StorageError as `openDataset` does
 */
export async function describeSource(source: string, options: OpenOptions = {}): Promise<DatasetReport> {
  let dataset: Dataset;
  let read = options;
  try {
    dataset = await openDataset(source, read);
  } catch (error) {
    if (!(error instanceof MissingCellsError) || options.missing) throw error;
    read = { ...options, missing: 'mask' };
    dataset = await openDataset(source, read);
  }
  try {
    return await describeDataset(dataset, `${quoted(source)}${readingFlags(read)}`);
  } finally {
    await dataset.close();
  }
}

/** The flags without which the data would be others. */
function readingFlags(options: OpenOptions): string {
  const { frames, imageSize, window, stride, kind, points, sampling, missing } = options;
  const given = { frames, 'image-size': imageSize, window, stride, kind, points, sampling, missing };
  const typed = Object.entries(given).filter(([, value]) => value !== undefined);
  return typed.map(([name, value]) => ` --${name} ${value}`).join('');
}

/** @param source how the data are named on the command line */
export async function describeDataset(dataset: Dataset, source: string): Promise<DatasetReport> {
  const { name, spec, size, classes, factors, notices, fingerprint } = dataset;
  const row = rowOf(spec);
  const bytes = elementsPerSample(spec) * (spec.dtype === 'uint8' ? 1 : 4);
  const examined = Math.min(size, Math.max(EXAMINED_SAMPLES, Math.floor(EXAMINED_BYTES / bytes)));
  const { values, classCounts, unknownCount } = await summarise(dataset, {
    size: examined,
    at: (position) => Math.floor((position * size) / examined),
  });
  return {
    name,
    kind: spec.kind,
    shape: spec.shape,
    dtype: spec.dtype,
    size,
    split: splitSizes(dataset),
    examined,
    samples: showSpec(spec),
    range: pictureOf(spec)?.range,
    ...(row
      ? {
          columns: row.columns.map(({ name, type, categories, missing = 0 }, i) => ({
            name,
            type,
            categories,
            missing,
            ...values[i],
          })),
        }
      : { values: values[0] }),
    classes: classes?.map((className, i) => ({ name: className, count: classCounts[i] })),
    ...(unknownCount > 0 ? { unlabelled: unknownCount } : {}),
    factors: factors?.map((factor) => ({ name: factor.name, values: factor.values.length })),
    notices,
    fingerprint,
    suggestion: suggestionFor(dataset, source),
  };
}

function splitSizes(dataset: Dataset): DatasetReport['split'] {
  const isLarge = dataset.size - (dataset.testSize ?? 1) >= 2;
  if (!isLarge) return undefined;
  const { train, validation, test } = splitDataset(dataset);
  return { train: train.size, validation: validation.size, test: test.size };
}

/**
 * Clouds of points and sequences have systems of their own, and known factors are what a β-VAE is for; everything else starts
 * with a VAE, so do sequences that miss numbers, which a TD-VAE does not take. Architecture and likelihood are those that
 * systems take by themselves.
 */
function suggestionFor({ spec, size, factors }: Dataset, source: string): Suggestion {
  const commandOf = (system: string) => `vaekit train ${system} --data ${source}`;
  if (spec.kind === 'points') return { system: pointcloudAe.name, command: commandOf(pointcloudAe.name) };
  const { shape, frame } = describeData(spec, { size });
  const jumped = frame && !hasHoles(spec) ? frame : undefined;
  const system = jumped ? tdVae.name : factors ? 'beta-vae' : 'vae';
  return {
    system,
    architecture: chooseArchitecture(jumped?.shape ?? shape, networkOptions.parse({})).name,
    likelihood: chooseLikelihood(spec, likelihoodOptions.parse({})),
    command: commandOf(system),
  };
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
