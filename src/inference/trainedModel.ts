/** A trained model as its user sees it: samples to codes and back, new samples, scores. Values are in stored units. */
import type { Samples } from '../data/index.js';
import { DiagonalNormal } from '../probability/index.js';
import {
  type Batch,
  type CodeMap,
  indicesName,
  type Model,
  OptionError,
  type RollOutOptions,
  toWeighted,
} from '../systems/index.js';
import { type Shape, sizeOf, split, type Tensor } from '../tensor/index.js';
import { codeBetween, type LatentPath } from './latentPaths.js';
import { priorDraw, recalibrate } from './recalibrate.js';
import type { MapOptions, ModelRunner } from './runner.js';

/** Codes of samples, rows [count, ...shape]. */
export interface Codes {
  readonly shape: Shape;
  /** The code itself: the posterior's mean where there is a posterior. */
  readonly mean: Float32Array;
  /** Log-variance of the posterior, where there is one. */
  readonly logVar?: Float32Array;
  /** The indices that codes are made of, where they are. */
  readonly indices?: readonly CodeIndices[];
}

/** Indices of one map of all codes. */
export interface CodeIndices {
  /** As files call them: `indices`, or `indices.top`. */
  readonly name: string;
  readonly map: CodeMap;
  /** [count, ...map] */
  readonly values: Int32Array;
}

export interface SampleOptions extends MapOptions {
  /** Class of each sample, for systems that are conditioned on one. */
  readonly labels?: Int32Array;
  /**
   * The mean of the likelihood p(x|z), or a draw from it. @default the mean, as noise is nothing that anybody wants to
   * see; a draw for tables, whose rows would else all have their likeliest categories
   */
  readonly values?: 'mean' | 'draw';
  /** Factor of the deviations of the prior; below 1, codes are nearer to its middle. @default the system's own */
  readonly temperature?: number;
}

/** Codes that running statistics are taken from: some batches more than they look back over. */
const RECALIBRATION = { batchSize: 32, batches: 80 };

export class TrainedModel {
  /** Whether the engine holds statistics of new samples. */
  #isRecalibrated = false;

  constructor(readonly runner: ModelRunner) {}

  get codeShape(): Shape {
    return this.runner.build().codeShape;
  }

  /** Whether codes have a prior to draw from. */
  get canSample(): boolean {
    return this.runner.build().prior !== undefined;
  }

  /** Whether samples have codes: a generator has no encoder. */
  get canEncode(): boolean {
    return !this.runner.settings.system.isGenerator;
  }

  /** @throws OptionError if the system has no encoder */
  async encode(samples: Samples, options?: MapOptions): Promise<Codes> {
    const rows = await this.runner.mapSamples(
      'encode',
      samples,
      (batch, { model }) => {
        const q = model.posterior?.(batch);
        const uncertainty: Record<string, Tensor> =
          q instanceof DiagonalNormal ? { logVar: q.logVar.broadcastTo(q.mean.shape) } : {};
        return { mean: model.encode(batch), ...uncertainty, ...indexTensors(model, batch) };
      },
      options,
    );
    const { maps } = this.runner.build().discrete ?? {};
    const indices = maps?.map((map) => {
      const name = indicesName(maps, map);
      return { name, map, values: Int32Array.from(rows[name]) };
    });
    return {
      shape: this.codeShape,
      mean: rows.mean,
      ...(rows.logVar ? { logVar: rows.logVar } : {}),
      ...(indices ? { indices } : {}),
    };
  }

  /** What codes stand for, [count, ...sample]. */
  async decode(
    codes: Float32Array,
    { labels, ...options }: MapOptions & { labels?: Int32Array } = {},
  ): Promise<Float32Array> {
    const rows = await this.runner.mapCodes(
      'decode',
      { values: codes, shape: this.codeShape, labels },
      (code, classes, { model, data }) => {
        return { x: data.fromModel(model.decode(code, classes)) };
      },
      options,
    );
    return rows.x;
  }

  /**
   * The codes that indices make, [count, ...code].
   *
   * @param indices of each map, [count, ...map]
   * @throws Error if the system's codes are made of no indices
   */
  async lookup(indices: readonly Int32Array[], options?: MapOptions): Promise<Float32Array> {
    const { discrete } = this.runner.build();
    if (!discrete)
      throw new Error(`${this.runner.settings.system.name} has codes that are made of no indices`);
    const places = discrete.maps.map(({ shape }) => sizeOf(shape));
    const count = indices[0].length / places[0];
    const width = places.reduce((sum, length) => sum + length, 0);
    const values = new Float32Array(count * width);
    let column = 0;
    for (const [m, map] of indices.entries()) {
      for (let i = 0; i < map.length; i++)
        values[Math.floor(i / places[m]) * width + column + (i % places[m])] = map[i];
      column += places[m];
    }
    const rows = await this.runner.mapCodes(
      'lookup',
      { values, shape: [width] },
      (code, _, { model, size }) => {
        const maps = model.discrete?.maps ?? [];
        const parts = split(code.cast('int32'), places).map((part, m) =>
          part.reshape([size, ...maps[m].shape]),
        );
        return { code: model.discrete?.lookup(parts) ?? code };
      },
      options,
    );
    return rows.code;
  }

  /** Samples through the code and back, without noise. @throws OptionError if the system has no encoder */
  async reconstruct(samples: Samples, options?: MapOptions): Promise<Float32Array> {
    const rows = await this.runner.mapSamples(
      'reconstruct',
      samples,
      (batch, { model, data }) => {
        return { x: data.fromModel(model.decode(model.encode(batch), batch.labels)) };
      },
      options,
    );
    return rows.x;
  }

  /**
   * New samples: codes from the prior, and what these stand for.
   *
   * @throws Error if the system has no prior
   * @throws OptionError if draws are asked for, and the system's codes leave nothing to chance, or a temperature, and its
   *   prior takes none
   */
  sample(count: number, options: SampleOptions = {}): Promise<{ x: Float32Array; codes: Float32Array }> {
    return this.forNewSamples(options, () => this.#sample(count, options));
  }

  /**
   * What f gives while the engine holds what new samples take: for systems that ask for it, running statistics of batch
   * normalisation that codes of the prior make, in the place of those that codes of samples made.
   */
  async forNewSamples<T>(
    { temperature, signal }: Pick<SampleOptions, 'temperature' | 'signal'>,
    f: () => Promise<T>,
  ): Promise<T> {
    const { recalibrates, prior } = this.runner.build();
    if (this.#isRecalibrated || !recalibrates || !prior) return f();
    signal?.throwIfAborted();
    const restore = await recalibrate(this.runner, { ...RECALIBRATION, temperature });
    this.#isRecalibrated = true;
    try {
      return await f();
    } finally {
      this.#isRecalibrated = false;
      await restore();
    }
  }

  async #sample(
    count: number,
    { labels, values: asked, temperature, ...options }: SampleOptions,
  ): Promise<{ x: Float32Array; codes: Float32Array }> {
    const { system } = this.runner.settings;
    const values = this.#valuesOf(asked);
    const rows = await this.runner.generate(
      `sample ${values} ${temperature}`,
      count,
      labels,
      (classes, { model, size, data }) => {
        if (!model.prior)
          throw new Error(`${system.name} has no prior over its codes, so there is nothing to draw from`);
        const prior = model.prior(size, classes);
        if (temperature !== undefined && !prior.takesTemperature)
          throw new OptionError('temperature', `${system.name} has a prior that takes none; leave it out`);
        const code = prior.sample(priorDraw(temperature));
        return { codes: code, x: data.fromModel(shownOf(model, code, classes, values)) };
      },
      options,
    );
    return { x: rows.x, codes: rows.codes };
  }

  /**
   * What given codes stand for as samples do: the likelihood's mean, or a draw from it.
   *
   * @throws OptionError if draws are asked for, and the system's codes leave nothing to chance
   */
  async sampleAt(
    codes: Float32Array,
    { labels, values: asked, ...options }: SampleOptions = {},
  ): Promise<Float32Array> {
    const values = this.#valuesOf(asked);
    const rows = await this.runner.mapCodes(
      `sample at ${values}`,
      { values: codes, shape: this.codeShape, labels },
      (code, classes, { model, data }) => ({ x: data.fromModel(shownOf(model, code, classes, values)) }),
      options,
    );
    return rows.x;
  }

  #valuesOf(asked: SampleOptions['values']): 'mean' | 'draw' {
    const { system, data } = this.runner.settings;
    if (asked === 'draw' && !this.runner.build().likelihood)
      throw new OptionError('values', `${system.name} has no likelihood to draw from; leave it out`);
    return asked ?? (data.spec.kind === 'table' ? 'draw' : 'mean');
  }

  /** Whether it can be asked what follows in a sequence. */
  get canRollOut(): boolean {
    return this.runner.build().rollOut !== undefined;
  }

  /**
   * What follows in each sequence after the time `from`, frame by frame: `x` in stored units, `seen` as models see frames;
   * both [count, starts, continuations, steps, ...frame]. States are drawn, frames are the means of what they emit.
   *
   * @throws Error if the system does not model sequences
   * @throws OptionError if the model knows no such time or jump
   */
  async rollOut(
    samples: Samples,
    ahead: RollOutOptions,
    options?: MapOptions,
  ): Promise<{ x: Float32Array; seen: Float32Array }> {
    const { system } = this.runner.settings;
    const rows = await this.runner.mapSamples(
      `roll-out ${JSON.stringify(ahead)}`,
      samples,
      (batch, { model, data }) => {
        const seen = model.rollOut?.(batch, ahead);
        if (!seen || !data.frame)
          throw new Error(`${system.name} knows no times, so there is nothing to roll out`);
        const frames = seen.reshape([-1, ...data.frame.shape]);
        const x = data.frame.fromModel(frames).reshape([seen.shape[0], -1]);
        return { x, seen: seen.reshape([seen.shape[0], -1]) };
      },
      options,
    );
    return { x: rows.x, seen: rows.seen };
  }

  /**
   * How badly the model explains each sample, nats: the bound at weight 1 (−ELBO), or the reconstruction's cost; of the
   * sample as objectives see it, binarised where the run is.
   */
  async score(samples: Samples, options?: MapOptions): Promise<Float32Array> {
    const rows = await this.runner.mapSamples(
      'score',
      samples,
      (batch, { model }) => {
        const bound = Object.values(model.objective(batch))
          .map(toWeighted)
          .filter(({ role, value }) => role === 'bound' && value.rank === 1);
        return { score: bound.map(({ value }) => value).reduce((sum, term) => sum.add(term)) };
      },
      { ...options, isObserved: true },
    );
    return rows.score;
  }

  /**
   * Codes to compute with, [count, ...code]: those of `encode`; where codes are entries of codebooks, what these are chosen
   * for, as between two entries there is nothing, but between what they are chosen for there is.
   *
   * @throws OptionError if the system has no encoder
   */
  async vectors(samples: Samples, options?: MapOptions): Promise<Float32Array> {
    const rows = await this.runner.mapSamples(
      'vectors',
      samples,
      (batch, { model }) => ({ z: model.discrete?.unquantised?.(batch) ?? model.encode(batch) }),
      options,
    );
    return rows.z;
  }

  /** Codes out of what was computed with `vectors`, [count, ...code]: entries of codebooks again, all others as they are. */
  async quantise(vectors: Float32Array, options?: MapOptions): Promise<Float32Array> {
    if (!this.runner.build().discrete?.quantise) return vectors;
    const rows = await this.runner.mapCodes(
      'quantise',
      { values: vectors, shape: this.codeShape },
      (code, _, { model }) => ({ code: model.discrete?.quantise?.(code) ?? code }),
      options,
    );
    return rows.code;
  }

  /**
   * Codes on the way between pairs of codes, [pairs, steps, ...code], ends included.
   *
   * @throws Error if there are not as many ends as starts, or fewer than two steps
   * @throws OptionError if the way is around a sphere, and there is none between the codes of a pair
   */
  interpolate(
    from: Float32Array,
    to: Float32Array,
    steps: number,
    path: LatentPath = 'linear',
  ): Float32Array {
    const size = sizeOf(this.codeShape);
    const pairs = from.length / size;
    if (from.length !== to.length || !Number.isInteger(pairs))
      throw new Error(`interpolate: ${from.length} and ${to.length} values are no pairs of codes of ${size}`);
    if (!Number.isInteger(steps) || steps < 2)
      throw new Error(`interpolate: ${steps} steps do not hold both ends; take 2 or more`);
    const lines = new Float32Array(pairs * steps * size);
    for (let row = 0; row < pairs * steps; row++) {
      const at = Math.floor(row / steps) * size;
      const [start, end] = [from, to].map((codes) => codes.subarray(at, at + size));
      lines.set(codeBetween(start, end, (row % steps) / (steps - 1), { path }), row * size);
    }
    return lines;
  }

  /**
   * One code with each of some coordinates moved through its values in turn, [coordinates, values, ...code].
   *
   * @param values for each of the coordinates, equally many
   */
  traverse(
    code: Float32Array,
    coordinates: readonly number[],
    values: readonly (readonly number[])[],
  ): Float32Array {
    const codes = coordinates.flatMap((coordinate, i) =>
      values[i].map((value) => code.with(coordinate, value)),
    );
    const rows = new Float32Array(codes.length * code.length);
    codes.forEach((row, i) => {
      rows.set(row, i * code.length);
    });
    return rows;
  }
}

/** What codes stand for as models see samples: drawn where that is asked for and there is something to draw from. */
function shownOf(model: Model, code: Tensor, labels: Tensor | undefined, values: 'mean' | 'draw'): Tensor {
  const drawn = values === 'draw' && model.likelihood?.(code, labels).sample({ stream: 'likelihood' });
  return drawn || model.decode(code, labels);
}

/** Indices of a batch by the names that files have for them; none where codes are made of none. */
export function indexTensors({ discrete }: Model, batch: Batch): Record<string, Tensor> {
  if (!discrete) return {};
  const { maps } = discrete;
  return Object.fromEntries(discrete.indices(batch).map((tensor, m) => [indicesName(maps, maps[m]), tensor]));
}
