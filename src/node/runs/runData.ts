/** The data of a run, opened again: its own, or others that are read as its own were. */
import { resolve } from 'node:path';
import { DataError, type Dataset, generatedNames, hasHoles, showSpec } from '../../data/index.js';
import { type OpenOptions, openDataset } from '../data/index.js';
import type { RunFolder } from './runFolder.js';

/** Data as `config.json` calls them, which must do from another folder too. */
export function lastingSource(source: string): string {
  return generatedNames.includes(source) ? source : resolve(source);
}

export interface RunDataOptions extends OpenOptions {
  /** Whether other data may have classes that the run has not, and their own numbers for them. @default false */
  hasOwnClasses?: boolean;
  /** Whether numbers may be missing though the run was trained on whole samples. @default false */
  fillsHoles?: boolean;
}

/**
 * Data for a trained run: its own, or others, read with the run's columns, categories, classes and picture size.
 *
 * @throws DataError if they cannot be read, are nothing that the run can take, or are its own and not what they were
 */
export async function openRunData(
  folder: RunFolder,
  source?: string,
  { hasOwnClasses = false, fillsHoles = false, ...options }: RunDataOptions = {},
): Promise<Dataset> {
  const { spec, classes } = folder.config.data;
  if (source === undefined) return openOwnData(folder);
  const like = { spec, ...(hasOwnClasses ? {} : { classes }) };
  const takesHoles = fillsHoles || hasHoles(spec);
  if (options.missing === 'mask' && !takesHoles)
    throw new DataError(
      `${folder.path} was trained on whole samples, and missing=mask is for runs that were trained with it; fill ${source} in with vaekit impute, or leave such rows out with missing=drop`,
    );
  const missing = options.missing ?? (takesHoles ? 'mask' : undefined);
  const dataset = await openDataset(source, { ...options, ...(missing ? { missing } : {}), like });
  const [found, taken] = [dataset.spec, spec].map(showSpec);
  if (found === taken) return dataset;
  await dataset.close();
  throw new DataError(
    `${source} holds ${found}, and ${folder.path} takes ${taken}; give it data of that kind`,
  );
}

/**
 * The data that a run was started on.
 *
 * @param data where they are now, or the data themselves @default where they were
 * @throws DataError if they cannot be read, or are not what they were
 */
export async function openOwnData(
  folder: RunFolder,
  data?: string | Dataset,
  open: typeof openDataset = openDataset,
): Promise<Dataset> {
  const { options } = folder.config.data;
  const dataset =
    typeof data === 'object'
      ? data
      : data === undefined
        ? await whereTheyWere(folder, (source) => open(source, options))
        : await open(data, options);
  const { fingerprint, size } = folder.config.data;
  if (dataset.fingerprint === fingerprint) return dataset;
  await dataset.close();
  const difference =
    dataset.size === size ? 'some samples are others' : `${size} samples then, ${dataset.size} now`;
  throw new DataError(
    `the data of ${folder.path} are not what they were when the run started (${difference}); restore them, or train a new run`,
  );
}

async function whereTheyWere(
  { config, path }: RunFolder,
  open: (source: string) => Promise<Dataset>,
): Promise<Dataset> {
  const { source } = config.data;
  if (source === undefined)
    throw new DataError(`the data of ${path} were handed over by a program; pass them again as \`data\``);
  try {
    return await open(source);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(
      `the data of ${path} cannot be read (${error.message}); put them back, or name them with --data`,
      { cause: error },
    );
  }
}
