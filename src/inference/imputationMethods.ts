/**
 * What is missing of samples, out of what is observed of them: x_o observed, x_m missing at random.
 *
 *   importance   w_k ∝ p(x_o|z_k) p(z_k) / q(z_k),   E[x_m|x_o] ≈ Σ_k w_k E[x_m|z_k]; draws by z_k with probability w_k
 *   gibbs        z ~ q(z|x), x_m ~ p(x_m|z), again and again with x_o as it is; right as far as q is the exact posterior
 *   metropolis   the same, but z' ~ q(z|x) takes the place of z with probability
 *                min(1, p(x|z') p(z') q(z|x) / (p(x|z) p(z) q(z'|x))): right in the end, whatever q
 *
 * The encoder takes whole samples. So the proposal q(z) of importance sampling is a mixture, in equal parts, of the posteriors
 * of some versions of the sample that short Gibbs chains from draws of the prior have filled, and of the prior: with that part,
 * no weight is more than p(x_o|z) times a constant, though posteriors of whole samples are narrower than that of a part.
 *
 * The encoder of a system trained on samples with holes takes x_o itself, and q(z|x_o) stands for q(z|x) throughout: in the
 * proposal, where no version needs to be filled; in gibbs, whose draws are then independent; in metropolis, with p(x_o|z).
 *
 * Sources: Rezende, Mohamed & Wierstra 2014, appendix F (arXiv:1401.4082); Mattei & Frellsen 2018, §3.2 (arXiv:1802.04826)
 * and 2019, §3.2 (arXiv:1812.02633; their MIWAE is not the system of that name); the mixture: Owen & Zhou 2000.
 */
import type { Distribution } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import {
  averagedFrom,
  type CodePrior,
  type DataDescription,
  hasDensity,
  type Model,
  type SampleDistribution,
  toAveraged,
  withHoles,
} from '../systems/index.js';
import { concat, logMeanExp, randomUniform, sizeOf, softmax, type Tensor, zeros } from '../tensor/index.js';
import { indicesAt, sharesOf, WeightedMean } from './codeWeights.js';
import type { BatchContext, ModelRunner, Rows } from './runner.js';

/** Versions of a sample whose posteriors are proposals. */
const FILLS = 9;
/** Rounds of a Gibbs chain that make them, and that other chains start with. */
const WARM_UP = 20;
/** Samples whose codes are weighed at once, and numbers of what these decode to. */
const BATCHES = [16, 4, 1];
const MOST_NUMBERS = 2 ** 21;

export interface HolesOptions {
  /** As models see samples, anything where they are missing; [rows, ...shape]. */
  readonly x: Float32Array;
  /** 1 and 0, of the same shape. */
  readonly observed: Float32Array;
  readonly labels?: Int32Array;
  /** Whether the missing numbers of draws are drawn. */
  readonly isDrawn: boolean;
  readonly seed: number;
  /** Rows in front of these, whose noise is to be another. */
  readonly first: number;
  /** Step of the random streams to begin at. */
  readonly firstStep: number;
  readonly signal?: AbortSignal;
}

export interface Found {
  /** Mean of all numbers as they are averaged, [rows, ...shape]. */
  readonly average: Float64Array;
  /** Stored units, [rows, draws, ...sample]. */
  readonly draws: Float32Array;
  /** Effective samples, or share of acceptances, of each row. */
  readonly quality: Float64Array;
}

/** What a chain is at: whole samples, and the codes that made them. */
interface State {
  x: Float32Array;
  z: Float32Array;
}

/** Samples each of which misses something. */
export class Holes {
  readonly #width: number;
  readonly #rows: number;
  #step: number;

  constructor(
    readonly runner: ModelRunner,
    readonly given: HolesOptions,
  ) {
    this.#width = sizeOf(runner.data.shape);
    this.#rows = given.x.length / this.#width;
    this.#step = given.firstStep;
  }

  /** Step of the random streams that no call has used. */
  get nextStep(): number {
    return this.#step;
  }

  async importance(draws: number, samples: number): Promise<Found> {
    const { data } = this.runner;
    const { x, observed, labels, seed, first } = this.given;
    const code = sizeOf(this.runner.build().codeShape);
    // With an encoder for holes, all versions are the sample as it is.
    const fills = data.holes
      ? repeatedRows(holed(x, observed), this.#width, FILLS)
      : (await this.#warmedUp(FILLS)).x;
    const batchSize = BATCHES.find((size) => size <= this.#rows) ?? 1;
    const room = MOST_NUMBERS / (batchSize * this.#width * (FILLS + 1));
    const wanted = Math.ceil(samples / (FILLS + 1));
    const passes = Math.ceil(wanted / Math.max(1, Math.floor(room)));
    const each = Math.ceil(wanted / passes);
    const tried = each * (FILLS + 1) * passes;
    const pools = Array.from({ length: this.#rows }, () => new WeightedMean(this.#width));
    const codes = new Float32Array(this.#rows * tried * code);
    const logWeights = new Float64Array(this.#rows * tried);
    for (let pass = 0, n = tried / passes; pass < passes; pass++) {
      const part = await this.#map(
        `weigh ${each}`,
        { x, observed, fills: { values: fills, shape: [FILLS, ...data.shape] } },
        labels,
        (t, context) => weighed(t, context, each),
        batchSize,
      );
      for (let row = 0; row < this.#rows; row++) {
        const own = part.logWeights.subarray(row * n, (row + 1) * n);
        logWeights.set(own, row * tried + pass * n);
        codes.set(part.z.subarray(row * n * code, (row + 1) * n * code), (row * tried + pass * n) * code);
        pools[row].add(own, part.average.subarray(row * this.#width, (row + 1) * this.#width));
      }
    }
    const stream = new RandomStream(seed, 'imputed codes');
    const chosen = new Float32Array(this.#rows * draws * code);
    const quality = new Float64Array(this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      const shares = sharesOf(logWeights.subarray(row * tried, (row + 1) * tried));
      quality[row] = 1 / shares.reduce((sum, w) => sum + w * w, 0);
      indicesAt(shares, stream.uniform(new Float32Array(draws), first + row)).forEach((k, d) => {
        const at = (row * tried + k) * code;
        chosen.set(codes.subarray(at, at + code), (row * draws + d) * code);
      });
    }
    const average = new Float64Array(this.#rows * this.#width);
    pools.forEach((pool, row) => {
      average.set(pool.mean, row * this.#width);
    });
    return { average, draws: await this.#drawsAt(chosen, draws), quality };
  }

  gibbs(draws: number, samples: number): Promise<Found> {
    return this.#chain(draws, samples, 'gibbs round', gibbsRound);
  }

  metropolis(draws: number, samples: number): Promise<Found> {
    return this.#chain(draws, samples, 'metropolis round', metropolisRound);
  }

  /** Averages as models see samples and as they are stored. */
  async settled(average: Float64Array): Promise<{ seen: Float32Array; x: Float32Array }> {
    const values = Float32Array.from(average);
    const { x, observed } = this.given;
    const { seen, stored } = await this.#map(
      'settle',
      { x, observed, average: values },
      undefined,
      (t, { data }) => {
        const mean = t.observed.greater(0.5).where(t.x, averagedFrom(data.spec, t.average));
        return { seen: mean, stored: data.fromModel(mean) };
      },
    );
    return { seen, x: stored };
  }

  /** So many chains for each row, begun with draws from the prior. */
  async #chain(draws: number, rounds: number, key: string, round: Round): Promise<Found> {
    const { observed, labels } = this.#repeated(draws);
    const state = await this.#warmedUp(draws);
    const code = this.runner.build().codeShape;
    const average = new Float64Array(this.#rows * this.#width);
    const accepted = new Float64Array(this.#rows);
    const burnIn = Math.floor(rounds / 2);
    let last: Float32Array = new Float32Array();
    for (let r = 0; r < Math.max(1, rounds); r++) {
      const z = { values: state.z, shape: code };
      const next: Rows = await this.#map(key, { x: state.x, observed, z }, labels, round);
      Object.assign(state, { x: next.x, z: next.z });
      last = next.average;
      if (r < burnIn) continue;
      const share = 1 / (draws * (Math.max(1, rounds) - burnIn));
      for (let i = 0; i < last.length; i++)
        average[Math.floor(i / (draws * this.#width)) * this.#width + (i % this.#width)] += share * last[i];
      next.accepted.forEach((each, i) => {
        accepted[Math.floor(i / draws)] += share * each;
      });
    }
    return { average, draws: await this.#stored(state.x, last), quality: accepted };
  }

  /** Some versions of every row, each out of a short Gibbs chain of its own. */
  async #warmedUp(versions: number): Promise<State> {
    const { x, observed, labels } = this.#repeated(versions);
    const code = this.runner.build().codeShape;
    const state: State = await this.#map('start', { x, observed }, labels, startOfChain).then(picked);
    for (let r = 0; r < WARM_UP; r++) {
      const z = { values: state.z, shape: code };
      Object.assign(
        state,
        picked(await this.#map('gibbs round', { x: state.x, observed, z }, labels, gibbsRound)),
      );
    }
    return state;
  }

  /** Samples at codes [rows, draws, ...code], stored. */
  async #drawsAt(codes: Float32Array, draws: number): Promise<Float32Array> {
    const { labels } = this.#repeated(draws);
    const z = { values: codes, shape: this.runner.build().codeShape };
    const { x, average } = await this.#map('draw', { z }, labels, (t, context) => {
      const p = likelihoodAt(context.model, t.z, t.labels);
      return { x: p.sample({ stream: 'likelihood' }), average: toAveraged(context.data.spec, p.mean) };
    });
    return this.#stored(x, average);
  }

  /** Of draws, what is to be shown of them. */
  async #stored(drawn: Float32Array, average: Float32Array): Promise<Float32Array> {
    const rows = await this.#map('store', { drawn, average }, undefined, (t, { data }) => ({
      drawn: data.fromModel(t.drawn),
      mean: data.fromModel(averagedFrom(data.spec, t.average)),
    }));
    return this.given.isDrawn ? rows.drawn : rows.mean;
  }

  #repeated(times: number): Pick<HolesOptions, 'x' | 'observed' | 'labels'> {
    const { x, observed, labels } = this.given;
    return {
      x: repeatedRows(x, this.#width, times),
      observed: repeatedRows(observed, this.#width, times),
      labels:
        labels && Int32Array.from({ length: labels.length * times }, (_, i) => labels[Math.floor(i / times)]),
    };
  }

  /** Columns without a shape are samples as models see them. */
  #map(
    key: string,
    columns: Readonly<Record<string, Float32Array | { values: Float32Array; shape: readonly number[] }>>,
    labels: Int32Array | undefined,
    f: (tensors: Record<string, Tensor>, context: BatchContext) => Record<string, Tensor>,
    batchSize?: number,
  ): Promise<Rows> {
    const { seed, signal } = this.given;
    const { shape } = this.runner.data;
    const shaped = Object.entries(columns).map(([name, column]) => [
      name,
      { dtype: 'float32' as const, ...(column instanceof Float32Array ? { values: column, shape } : column) },
    ]);
    const firstStep = this.#step;
    // No batch is smaller than one row.
    const [first] = Object.values(columns);
    this.#step += first instanceof Float32Array ? first.length / this.#width : first.values.length;
    return this.runner.mapColumns(`impute: ${key}`, Object.fromEntries(shaped), labels, f, {
      seed,
      signal,
      firstStep,
      batchSize,
    });
  }
}

type Round = (tensors: Record<string, Tensor>, context: BatchContext) => Record<string, Tensor>;

const picked = ({ x, z }: Rows): State => ({ x, z });

/** A code from the prior, and what is missing from what it emits. */
function startOfChain({ x, observed, labels }: Record<string, Tensor>, { model, size }: BatchContext) {
  const z = priorOf(model, size, labels).sample({ stream: 'prior' });
  const drawn = likelihoodAt(model, z, labels).sample({ stream: 'likelihood' });
  return { x: observed.greater(0.5).where(x, drawn), z };
}

/** z ~ q(z|x), x_m ~ p(x_m|z). */
function gibbsRound({ x, observed, labels }: Record<string, Tensor>, { model, data, size }: BatchContext) {
  const z = posteriorOf(model, asEncoded(data, x, observed), labels).sample();
  return { ...emitted(model, data, { x, observed, labels }, z), accepted: zeros([size]).add(1) };
}

/** z' ~ q(z|x) if it is accepted, and else z as before; x_m ~ p(x_m|z). */
function metropolisRound(
  { x, observed, z: before, labels }: Record<string, Tensor>,
  { model, data, size }: BatchContext,
) {
  const seen = asEncoded(data, x, observed);
  const q = posteriorOf(model, seen, labels);
  const p = priorOf(model, size, labels);
  const proposed = q.sample();
  const logWeight = (z: Tensor) =>
    p
      .logProb(z)
      .sub(q.logProb(z))
      .sub(likelihoodAt(model, z, labels).nll(seen));
  const chance = logWeight(proposed).sub(logWeight(before));
  const accepted = randomUniform('acceptance', [size]).log().less(chance);
  const each = accepted.reshape([size, ...model.codeShape.map(() => 1)]);
  const z = each.where(proposed, before);
  return { ...emitted(model, data, { x, observed, labels }, z), accepted: accepted.cast('float32') };
}

/** A sample as the encoder is given it: filled, or with its holes if it takes these. */
function asEncoded(data: DataDescription, x: Tensor, observed: Tensor): Tensor {
  return data.holes ? withHoles(x, observed) : x;
}

/** The sample with its holes filled by what a code emits. */
function emitted(
  model: Model,
  data: DataDescription,
  { x, observed, labels }: Record<'x' | 'observed', Tensor> & { labels?: Tensor },
  z: Tensor,
) {
  const p = likelihoodAt(model, z, labels);
  const drawn = p.sample({ stream: 'likelihood' });
  return { x: observed.greater(0.5).where(x, drawn), z, average: toAveraged(data.spec, p.mean) };
}

/** `each` codes of every component of the proposal, with their weights and the mean that they make. */
function weighed(
  { x, observed, fills, labels }: Record<string, Tensor>,
  { model, data, size }: BatchContext,
  each: number,
) {
  const { codeShape } = model;
  const parts = fills.shape[1];
  const count = each * (parts + 1);
  const manyLabels = labels
    ?.expandDims(1)
    .broadcastTo([size, parts])
    .reshape([size * parts]);
  const q = posteriorOf(model, fills.reshape([size * parts, ...data.shape]), manyLabels);
  const p = priorOf(model, size, labels);
  const code = sizeOf(codeShape);
  // Draws of one version after another, all versions of a sample together.
  const own = q
    .sample({ draws: each })
    .reshape([each, size, parts, code])
    .transpose([0, 2, 1, 3])
    .reshape([each * parts, size, code]);
  const ofPrior = p.sample({ stream: 'prior', draws: each }).reshape([each, size, code]);
  const z = concat([own, ofPrior], 0).reshape([count, size, ...codeShape]);
  const underEach = q
    .logProb(
      z
        .reshape([count, size, 1, code])
        .broadcastTo([count, size, parts, code])
        .reshape([count, size * parts, ...codeShape]),
    )
    .reshape([count, size, parts]);
  const underPrior = p.logProb(z).reshape([count, size]);
  const proposal = logMeanExp(concat([underEach, underPrior.expandDims(-1)]), -1);
  const likelihood = likelihoodAt(model, z, labels);
  const cost = likelihood.marginalNll?.(x, observed) ?? likelihood.nll(x);
  const logWeights = underPrior.sub(proposal).sub(cost);
  const share = softmax(logWeights, 0).reshape([count, size, ...data.shape.map(() => 1)]);
  return {
    logWeights: logWeights.transpose([1, 0]),
    z: z.reshape([count, size, code]).transpose([1, 0, 2]),
    average: toAveraged(data.spec, likelihood.mean).mul(share).sum(0),
  };
}

function posteriorOf(model: Model, x: Tensor, labels: Tensor | undefined): Distribution {
  const q = model.posterior?.({ x, ...(labels ? { labels } : {}) });
  if (!q) throw new Error('impute: the model lost its posterior from one build to another');
  return q;
}

function priorOf(
  model: Model,
  size: number,
  labels: Tensor | undefined,
): CodePrior & Pick<Distribution, 'logProb'> {
  const p = model.prior?.(size, labels);
  if (!hasDensity(p)) throw new Error('impute: the model lost its prior from one build to another');
  return p;
}

function likelihoodAt(model: Model, z: Tensor, labels: Tensor | undefined): SampleDistribution {
  const p = model.likelihood?.(z, labels);
  if (!p) throw new Error('impute: the model lost its likelihood from one build to another');
  return p;
}

/** NaN where nothing is observed. */
function holed(x: Float32Array, observed: Float32Array): Float32Array {
  return x.map((value, i) => (observed[i] === 1 ? value : Number.NaN));
}

export function rowsOf(values: Float32Array, width: number, rows: readonly number[]): Float32Array {
  const some = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    some.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return some;
}

/** Every row so many times. */
export function repeatedRows(values: Float32Array, width: number, times: number): Float32Array {
  const count = values.length / width;
  return rowsOf(
    values,
    width,
    Array.from({ length: count * times }, (_, i) => Math.floor(i / times)),
  );
}
