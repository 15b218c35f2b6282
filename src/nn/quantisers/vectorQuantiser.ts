/**
 * Vector quantisation: every vector becomes the nearest entry of a codebook.
 *
 *   forward      z_q = e_k,  k = argmin_j ‖z − e_j‖²
 *   backward     ∂L/∂z := ∂L/∂z_q   (argmin has no useful gradient, so it is copied across)
 *   codebook     ‖sg(z) − e_k‖² moves the entries, or they are running means of what chose them:
 *                N ← γ N + (1 − γ) n,  m ← γ m + (1 − γ) Σ z,  e = m / N̂,  N̂ = (N + ε) / (Σ N + K ε) · Σ N
 *   commitment   ‖z − sg(e_k)‖² moves the vectors
 *
 * N̂ is for the division only and never kept. At the start N = 1 and m = e, or entries would jump in the first step. An
 * entry that nothing has chosen in a step stays where it is: m and N fade alike, but m / N̂ would fade to 0.
 *
 * An entry whose N has been below a threshold for some steps begins again at one of the present vectors.
 *
 * Source: van den Oord, Vinyals & Kavukcuoglu 2017, §3.2 and appendix A.1 (arXiv:1711.00937); the restart: Dhariwal et al.
 * 2020, §3.1 (arXiv:2005.00341).
 */
import {
  type Initialiser,
  ones,
  randomUniform,
  ShapeError,
  show,
  type Tensor,
  type Variable,
  withGradientOf,
} from '../../tensor/index.js';
import { filled, gaussian } from '../initialisers.js';
import type { Scope } from '../scope.js';
import { kMeans } from './kMeans.js';
import { nearest } from './nearest.js';
import { type Choice, type Quantiser, squaredDistance } from './quantiser.js';

/** How the codebook moves. */
export type CodebookUpdate =
  | { readonly kind: 'gradient' }
  | {
      readonly kind: 'ema';
      /** γ */
      readonly decay: number;
      /** Steps without use after which an entry begins again; 0: never. */
      readonly restartAfter: number;
    };

export interface VectorQuantiserOptions {
  /** K */
  readonly codes: number;
  /** d */
  readonly dimension: number;
  readonly update: CodebookUpdate;
  /** @default N(0, 1/d), entries of about unit length */
  readonly initial?: Initialiser;
}

/** ε of the smoothed counts. */
const SMOOTHING = 1e-5;
/** Vectors a step, on average, below which an entry counts as out of use. */
const LEAST_USE = 0.1;

export function vectorQuantiser(options: VectorQuantiserOptions, scope: Scope): Quantiser {
  const { codes, dimension: d, update, initial = gaussian(1 / Math.sqrt(d)) } = options;
  const isAverage = update.kind === 'ema';
  const codebook = scope.variable('codebook', [codes, d], initial, { trainable: !isAverage });
  const averages = isAverage ? averagesOf(codebook, initial, scope) : undefined;
  const lookup = ([indices]: readonly Tensor[]) => codebook.gather(indices);
  return {
    dimension: d,
    sizes: [codes],
    lookup,
    quantise(z) {
      if (z.shape[z.rank - 1] !== d)
        throw new ShapeError(
          'vectorQuantiser',
          `entries have length ${d} but the vectors shape ${show(z.shape)}`,
        );
      const rows = z.reshape([-1, d]);
      const found = nearest(rows.stopGradient(), codebook.stopGradient());
      const indices = found.reshape(z.shape.slice(0, -1));
      const choice: Choice = { indices, before: z, after: lookup([indices]) };
      if (isAverage && averages && scope.training)
        moveAverages(codebook, averages, { rows: rows.stopGradient(), indices: found }, update, scope);
      return {
        code: withGradientOf(choice.after, z),
        choices: [choice],
        ...(isAverage ? {} : { codebook: squaredDistance(z.stopGradient(), choice.after) }),
        commitment: squaredDistance(z, choice.after.stopGradient()),
      };
    },
    start(vectors, draws) {
      const centres = kMeans(vectors, { dimension: d, clusters: codes, draws });
      const begun = new Map<Variable, Float32Array>([[codebook, centres]]);
      return averages ? begun.set(averages.sums, centres) : begun;
    },
  };
}

interface Averages {
  /** N, [K] */
  readonly counts: Variable;
  /** m, [K, d] */
  readonly sums: Variable;
  /** Steps in a row for which an entry has been out of use, [K]. */
  readonly idle: Variable;
  /** Restarts so far. */
  readonly restarts: Variable;
}

function averagesOf(codebook: Variable, initial: Initialiser, scope: Scope): Averages {
  const [codes] = codebook.shape;
  const kept = { trainable: false };
  return {
    counts: scope.variable('counts', [codes], filled(1), kept),
    sums: scope.variable('sums', codebook.shape, initial, { ...kept, startsAs: codebook }),
    idle: scope.variable('idle', [codes], filled(0), kept),
    restarts: scope.variable('restarts', [], filled(0), kept),
  };
}

/** The step's new averages and entries, out of the vectors [n, d] and the entries that they have chosen, int32 [n]. */
function moveAverages(
  codebook: Variable,
  { counts, sums, idle, restarts }: Averages,
  chosen: { rows: Tensor; indices: Tensor },
  { decay, restartAfter }: Extract<CodebookUpdate, { kind: 'ema' }>,
  scope: Scope,
): void {
  const { rows, indices } = chosen;
  const [codes] = counts.shape;
  const used = ones(indices.shape).scatterAdd(indices, codes);
  const towards = (old: Tensor, now: Tensor) => old.mul(decay).add(now.mul(1 - decay));
  const nextCounts = towards(counts, used);
  const nextSums = towards(sums, rows.scatterAdd(indices, codes));
  const total = nextCounts.sum();
  const smoothed = nextCounts
    .add(SMOOTHING)
    .div(total.add(codes * SMOOTHING))
    .mul(total);
  const nextCodebook = used
    .greater(0)
    .expandDims(1)
    .where(nextSums.div(smoothed.expandDims(1)), codebook);
  if (restartAfter === 0) {
    scope.update(counts, nextCounts);
    scope.update(sums, nextSums);
    scope.update(codebook, nextCodebook);
    return;
  }
  // N alone would not do: from 1 it takes 230 steps at γ = 0.99 to say that nothing has chosen an entry since.
  const isOut = used.equal(0).or(nextCounts.less(LEAST_USE));
  const nextIdle = isOut.where(idle.add(1), 0);
  const { isDue, vectors } = replacements(nextIdle.greaterEqual(restartAfter), rows, scope);
  const each = isDue.expandDims(1);
  scope.update(counts, isDue.where(1, nextCounts));
  scope.update(sums, each.where(vectors, nextSums));
  scope.update(codebook, each.where(vectors, nextCodebook));
  scope.update(idle, isDue.where(0, nextIdle));
  scope.update(restarts, restarts.add(isDue.cast('float32').sum()));
}

/**
 * Other vectors for entries that want one: rows in a random order, a different one for each entry. Where there are fewer
 * rows than such entries, the last ones wait for another step.
 *
 * @param isWanted bool [K]
 * @returns        bool [K], and [K, d]
 */
function replacements(isWanted: Tensor, rows: Tensor, scope: Scope): { isDue: Tensor; vectors: Tensor } {
  const [count] = rows.shape;
  const offered = Math.min(count, isWanted.size);
  const order = randomUniform(`restart/${scope.path}`, [count]).topK(offered);
  const place = isWanted.cast('int32').cumsum(0).sub(1);
  const taken = place.max(0).min(offered - 1);
  return { isDue: isWanted.and(place.less(offered)), vectors: rows.gather(order.gather(taken)) };
}
