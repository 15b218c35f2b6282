/** What a user should be told about a run that goes on all the same. */
import type { Evaluation } from '../evaluation/index.js';
import type { Ramp } from '../nn/index.js';
import { inSteps, KL } from '../systems/index.js';
import type { TrainingOptions } from './options.js';

/** A posterior that carries less than this has collapsed onto the prior. */
const COLLAPSED_NATS = 0.05;

/** A codebook of which less is in use has collapsed onto a few entries. */
const LEAST_USAGE = 0.1;

/**
 * A warning for each warm-up that the run does not get to the end of.
 *
 * @param ramps schedules of the model
 */
export function warmupWarnings(
  { klWarmup, warmup }: Pick<TrainingOptions, 'klWarmup' | 'warmup'>,
  total: number,
  ramps: readonly Ramp[] = [],
): string[] {
  const ofRun = Object.entries({ 'KL warm-up': klWarmup, 'learning-rate warm-up': warmup });
  return [...ofRun.map(([name, value]) => ({ name, end: inSteps(value, total) })), ...ramps]
    .filter(({ end }) => end > 0 && end >= total)
    .map(({ name, end }) => {
      return `the run of ${total} steps ends before its ${name} of ${end} steps; train longer or shorten it`;
    });
}

/**
 * A warning if codes carry nothing, or most of a codebook is out of use.
 *
 * @param remedies what may help this system
 */
export function collapseWarning(
  { latent, terms, indices = [] }: Evaluation,
  remedies: readonly string[],
): string | undefined {
  const unused = indices.find(({ used, size }) => used < LEAST_USAGE * size);
  if (unused) {
    const { name, used, size, perplexity } = unused;
    const state = `${used} of ${size} ${name} are in use, with a perplexity of ${perplexity.toFixed(1)}`;
    return `codebook collapse: ${state}; take fewer codes, restart them sooner, or start them by kmeans`;
  }
  if (!latent) return undefined;
  const { activeUnits, klPerDimension } = latent;
  const nats = terms[KL] ?? klPerDimension.reduce((sum, kl) => sum + kl, 0);
  if (activeUnits > 0 && nats > COLLAPSED_NATS) return undefined;
  // Away from the prior, and yet the same for all samples: an encoder that has been thrown far off, or is at its start.
  if (nats > COLLAPSED_NATS)
    return `codes carry nothing: those of all samples are about the same, ${nats.toPrecision(3)} nats from the prior; try a lower learning rate or a longer run`;
  const state = `the KL to the prior is ${nats.toFixed(3)} nats and ${activeUnits} of ${klPerDimension.length} code coordinates are in use`;
  const [last, ...others] = [...remedies].reverse();
  return `posterior collapse: ${state}; try ${others.length > 0 ? `${others.reverse().join(', ')} or ${last}` : last}`;
}
