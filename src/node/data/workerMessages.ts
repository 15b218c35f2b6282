/** What a data set's worker and the thread that started it say to each other. */
import { DataError, type Dataset, type Samples } from '../../data/index.js';
import { StorageError } from '../files.js';
import type { OpenOptions } from './open.js';

export interface DataWorkerStart {
  readonly source: string;
  readonly options: OpenOptions;
}

/** The indices of samples to read, or nothing more. */
export type DataRequest = { readonly indices: Uint32Array } | 'close';

/** Answers come in the order of the requests; the first, which comes unasked, says what was opened. */
export type DataReply =
  | { readonly opened: DatasetFacts }
  | { readonly samples: Samples }
  | { readonly error: ErrorFacts };

/** All of a data set but what it does. */
export interface DatasetFacts
  extends Pick<
    Dataset,
    'name' | 'spec' | 'size' | 'classes' | 'labelled' | 'testSize' | 'parts' | 'notices' | 'fingerprint'
  > {
  /** How the user knows each sample, where that is not its index. */
  readonly ids?: readonly string[];
}

export function factsOf(dataset: Dataset): DatasetFacts {
  const { name, spec, size, classes, labelled, testSize, parts, notices, fingerprint } = dataset;
  const ids = Array.from({ length: size }, (_, index) => dataset.idOf(index));
  const areIndices = ids.every((id, index) => id === String(index));
  const facts = { name, spec, size, classes, labelled, testSize, parts, notices, fingerprint };
  return { ...facts, ids: areIndices ? undefined : ids };
}

/** An error as it crosses threads, which keeps no class. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly storage?: { readonly path: string; readonly code: string };
}

export function errorFacts(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  return {
    name,
    message,
    storage: error instanceof StorageError ? { path: error.path, code: error.code } : undefined,
  };
}

export function errorOf({ name, message, storage }: ErrorFacts): Error {
  if (storage) return new StorageError(storage.path, storage.code, message);
  return name === 'DataError' ? new DataError(message) : new Error(message);
}
