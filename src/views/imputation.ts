/** Pictures with holes, and what these are filled with. */
import type { Samples } from '../data/index.js';
import type { Imputation, TrainedModel } from '../inference/index.js';
import { type Figure, imputationGrid } from '../pictures/index.js';
import { asPictures, framesOf } from './shown.js';

export interface ImputationViewOptions {
  /** 1 where a number of a sample is known. */
  readonly observed: Uint8Array;
  readonly found: Imputation;
  readonly caption?: string;
}

/** Pictures, what of them is seen, their mean completion and some drawn ones; undefined for other kinds of samples. */
export function imputationView(
  { runner: { data } }: TrainedModel,
  { x }: Samples,
  { observed, found, caption }: ImputationViewOptions,
): Figure | undefined {
  const { spec } = data;
  if (spec.kind !== 'image') return undefined;
  // Holes are of the grey that is no more black than white.
  const middle = (spec.range[0] + spec.range[1]) / 2;
  const holes = Float32Array.from(x, (value, i) => (observed[i] === 1 ? value : middle));
  const originals = Float32Array.from(x, (value) => (Number.isNaN(value) ? middle : value));
  return imputationGrid({
    originals: asPictures(spec, originals),
    holes: asPictures(spec, holes),
    means: framesOf(spec, found.expectation),
    draws: asPictures(spec, found.draws),
    caption,
  });
}
