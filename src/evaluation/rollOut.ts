/**
 * How far what a model of sequences says about times to come is from what came, by steps ahead; beside it persistence, the
 * guess that everything stays as it was last seen.
 *
 * Of a single number over time, as of an oscillator, frequency and amplitude of what came and of what was said are
 * compared, too: those of the sinusoid A cos ωt + B sin ωt that fits best in squares.
 */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import type { RollOutOptions } from '../systems/index.js';
import { sizeOf } from '../tensor/index.js';

/** Means over sequences, of the model and of persistence. */
export interface Compared {
  readonly model: number;
  readonly persistence: number;
}

export interface RollOutErrors {
  /** Number of sequences. */
  readonly count: number;
  /** Squared error of each step, the mean over a frame's numbers as models see them; of times that data have. */
  readonly errors: readonly (Compared & { readonly ahead: number })[];
  /** Absolute errors, of sequences of one number. */
  readonly frequency?: Compared;
  readonly amplitude?: Compared;
}

/**
 * @param samples sequences as stored
 * @param ahead   with one start and one continuation each
 */
export async function rollOutErrors(
  model: TrainedModel,
  samples: Samples,
  ahead: Pick<RollOutOptions, 'from' | 'steps' | 'jump'>,
  { seed = 0 }: { seed?: number } = {},
): Promise<RollOutErrors> {
  const { shape, frame } = model.runner.data;
  if (!frame) throw new Error('rollOutErrors: the data are no sequences');
  const { from, steps, jump = 1 } = ahead;
  const { seen: said } = await model.rollOut(samples, ahead, { seed });
  const { x: came } = await model.runner.mapSamples('seen', samples, ({ x }) => ({ x: x.flatten() }));
  const [time] = shape;
  const width = sizeOf(frame.shape);
  const count = came.length / (time * width);
  const frameOf = (sample: number, t: number) =>
    came.subarray((sample * time + t) * width, (sample * time + t + 1) * width);
  const saidAt = (sample: number, step: number) =>
    said.subarray((sample * steps + step) * width, (sample * steps + step + 1) * width);
  const samplesOf = Array.from({ length: count }, (_, i) => i);
  const known = Math.max(0, Math.min(steps, time - from - jump));
  const errors = Array.from({ length: known }, (_, step) => {
    const t = from + jump + step;
    return {
      ahead: jump + step,
      model: mean(samplesOf, (i) => squaredError(saidAt(i, step), frameOf(i, t))),
      persistence: mean(samplesOf, (i) => squaredError(frameOf(i, from), frameOf(i, t))),
    };
  });
  if (width !== 1) return { count, errors };
  const fits = samplesOf.map((i) => ({
    came: fitSinusoid(came.subarray(i * time, (i + 1) * time)),
    said: fitSinusoid(said.subarray(i * steps, (i + 1) * steps)),
    last: Math.abs(came[i * time + from]),
  }));
  const compared = (of: (fit: (typeof fits)[number]) => readonly [model: number, persistence: number]) => ({
    model: mean(fits, (fit) => Math.abs(of(fit)[0])),
    persistence: mean(fits, (fit) => Math.abs(of(fit)[1])),
  });
  return {
    count,
    errors,
    frequency: compared(({ came: truth, said: guess }) => [
      guess.frequency - truth.frequency,
      truth.frequency,
    ]),
    amplitude: compared(({ came: truth, said: guess, last }) => [
      guess.amplitude - truth.amplitude,
      last - truth.amplitude,
    ]),
  };
}

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

export interface Sinusoid {
  /** Radians a step, from 0 to π. */
  readonly frequency: number;
  readonly amplitude: number;
}

/** Frequencies that are tried at first, and how often the best one's neighbourhood is halved. */
const TRIED = 400;
const HALVINGS = 20;

/** The sinusoid without offset that is nearest to the values in squares. */
export function fitSinusoid(values: ArrayLike<number>): Sinusoid {
  let step = Math.PI / TRIED;
  let best = fitAt(values, 0);
  for (let i = 1; i < TRIED; i++) best = better(best, fitAt(values, i * step));
  for (let i = 0; i < HALVINGS; i++) {
    step /= 2;
    const { frequency } = best;
    best = better(best, fitAt(values, Math.abs(frequency - step)));
    best = better(best, fitAt(values, frequency + step));
  }
  return best;
}

interface Fit extends Sinusoid {
  readonly explained: number;
}

const better = (a: Fit, b: Fit): Fit => (b.explained > a.explained ? b : a);

/** Least squares for one frequency: how much of Σx² it explains. */
function fitAt(values: ArrayLike<number>, frequency: number): Fit {
  let [cc, cs, ss, xc, xs] = [0, 0, 0, 0, 0];
  for (let t = 0; t < values.length; t++) {
    const [c, s] = [Math.cos(frequency * t), Math.sin(frequency * t)];
    cc += c * c;
    cs += c * s;
    ss += s * s;
    xc += values[t] * c;
    xs += values[t] * s;
  }
  const determinant = cc * ss - cs * cs;
  // A slow wave that hardly bends could be of any amplitude: it counts as a constant.
  if (determinant < 1e-3 * cc * values.length)
    return { frequency, amplitude: Math.abs(xc / cc), explained: (xc * xc) / cc };
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  return { frequency, amplitude: Math.hypot(a, b), explained: a * xc + b * xs };
}
