/** Samples that are all in memory: what arrays, tables and small files become. */
import { labelledOf } from './classes.js';
import type { Dataset, SampleSpec } from './dataset.js';
import { contentHash } from './hash.js';
import { requireIndices } from './indices.js';

/** What tells data from other data. */
export interface Identity {
  /** Short, fit for a folder's name. */
  readonly name: string;
  /** Changes when the data changes. @default a hash of the samples, computed when it is first asked for */
  readonly fingerprint?: string;
}

export interface MemoryContents extends Identity {
  readonly spec: SampleSpec;
  /** [size, ...shape] as stored. */
  readonly x: Uint8Array | Float32Array;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly testSize?: number;
  readonly notices?: readonly string[];
  /** How the user knows each sample. @default its index */
  readonly ids?: readonly string[];
}

export function memoryDataset(contents: MemoryContents): Dataset {
  const { name, spec, x, labels, classes, testSize, notices = [], ids } = contents;
  const width = elementsPerSample(spec);
  const size = x.length / width;
  let { fingerprint } = contents;
  return {
    name,
    spec,
    size,
    classes,
    labelled: labelledOf(labels),
    testSize,
    notices,
    get fingerprint() {
      fingerprint ??= contentHash(...(labels ? [x, labels] : [x]));
      return fingerprint;
    },
    async read(indices) {
      requireIndices(indices, name, size);
      const rows = allocateSamples(spec, indices.length);
      for (let i = 0; i < indices.length; i++) {
        rows.set(x.subarray(indices[i] * width, (indices[i] + 1) * width), i * width);
      }
      return { x: rows, labels: labels && Int32Array.from(indices, (index) => labels[index]) };
    },
    idOf: (index) => (ids ? ids[index] : String(index)),
    async close() {},
  };
}

/** Number of values of one sample. */
export function elementsPerSample({ shape }: SampleSpec): number {
  return shape.reduce<number>((product, length) => product * length, 1);
}

/** An array for `count` samples as stored. */
export function allocateSamples(spec: SampleSpec, count: number): Uint8Array | Float32Array {
  const length = count * elementsPerSample(spec);
  return spec.dtype === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
}
