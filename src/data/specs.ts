/** What is asked of a kind of samples in many places: the pictures or rows that they consist of, and their name in a sentence. */
import type { ImageSpec, SampleSpec, SequenceSpec, TableSpec } from './dataset.js';

/** The pictures that samples are, or are sequences of; undefined where there are none. */
export function pictureOf(spec: SampleSpec): ImageSpec | undefined {
  const one = spec.kind === 'sequence' ? spec.frame : spec;
  return one.kind === 'image' ? one : undefined;
}

/** The rows that samples are, or are sequences of; undefined where there are none. */
export function rowOf(spec: SampleSpec): TableSpec | undefined {
  const one = spec.kind === 'sequence' ? spec.frame : spec;
  return one.kind === 'table' ? one : undefined;
}

/** Whether values may be NaN, which are missing. */
export function hasHoles(spec: SampleSpec): boolean {
  return (pictureOf(spec) ?? rowOf(spec))?.holes === true;
}

/** Sequences of so many such frames. */
export function sequenceOf(time: number, frame: ImageSpec | TableSpec): SequenceSpec {
  return { kind: 'sequence', shape: [time, ...frame.shape], dtype: frame.dtype, frame };
}

/** Samples of this kind, as in `pictures of 28×28×1, uint8`; what differs in it does not fit together. */
export function showSpec(spec: SampleSpec): string {
  switch (spec.kind) {
    case 'image':
      return `pictures of ${spec.shape.join('×')}, ${spec.dtype}`;
    case 'table':
      return `rows of ${spec.shape[0]} columns`;
    case 'points':
      return `clouds of ${spec.shape[0]} points in ${spec.shape[1]} dimensions`;
    case 'sequence':
      return `sequences of ${spec.shape[0]} ${showSpec(spec.frame)}`;
  }
}
