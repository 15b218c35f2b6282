/** A trained model as its user sees it: samples to codes and back, new samples, scores. Values are in stored units. */
import type { Samples } from '../data/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { OptionError, toWeighted } from '../systems/index.js';
import { type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { priorDraw, recalibrate } from './recalibrate.js';
import type { MapOptions, ModelRunner } from './runner.js';

/** Codes of samples, rows [count, ...shape]. */
export interface Codes {
  readonly shape: Shape;
  /** The code itself: the posterior's mean where there is a posterior. */
  readonly mean: Float32Array;
  /** Log-variance of the posterior, where there is one. */
  readonly logVar?: Float32Array;
}

export interface SampleOptions extends MapOptions {
  /** Class of each sample, for systems that are conditioned on one. */
  readonly labels?: Int32Array;
  /**
   * The mean of the likelihood p(x|z), or a draw from it. @default the mean for pictures, whose noise nobody wants to
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

  async encode(samples: Samples, options?: MapOptions): Promise<Codes> {
    const rows = await this.runner.mapSamples(
      'encode',
      samples,
      (batch, { model }) => {
        const q = model.posterior?.(batch);
        const uncertainty: Record<string, Tensor> =
          q instanceof DiagonalNormal ? { logVar: q.logVar.broadcastTo(q.mean.shape) } : {};
        return { mean: model.encode(batch), ...uncertainty };
      },
      options,
    );
    return { shape: this.codeShape, mean: rows.mean, ...(rows.logVar ? { logVar: rows.logVar } : {}) };
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

  /** Samples through the code and back, without noise. */
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
    if (this.#isRecalibrated || !this.runner.build().recalibrates) return f();
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
    const { system, data } = this.runner.settings;
    if (asked === 'draw' && !this.runner.build().likelihood)
      throw new OptionError('values', `${system.name} has no likelihood to draw from; leave it out`);
    const values = asked ?? (data.spec.kind === 'table' ? 'draw' : 'mean');
    const rows = await this.runner.generate(
      `sample ${values} ${temperature}`,
      count,
      labels,
      (classes, { model, size }) => {
        if (!model.prior)
          throw new Error(`${system.name} has no prior over its codes, so there is nothing to draw from`);
        const prior = model.prior(size, classes);
        if (temperature !== undefined && !prior.takesTemperature)
          throw new OptionError('temperature', `${system.name} has a prior that takes none; leave it out`);
        const code = prior.sample(priorDraw(temperature));
        const drawn = values === 'draw' && model.likelihood?.(code, classes).sample({ stream: 'likelihood' });
        return { codes: code, x: data.fromModel(drawn || model.decode(code, classes)) };
      },
      options,
    );
    return { x: rows.x, codes: rows.codes };
  }

  /** How badly the model explains each sample, nats: the bound at weight 1 (−ELBO), or the reconstruction's cost. */
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
      options,
    );
    return rows.score;
  }

  /**
   * Codes on straight lines between pairs of codes, [pairs, steps, ...code], ends included.
   *
   * @throws Error if there are not as many ends as starts, or fewer than two steps
   */
  interpolate(from: Float32Array, to: Float32Array, steps: number): Float32Array {
    const size = sizeOf(this.codeShape);
    const pairs = from.length / size;
    if (from.length !== to.length || !Number.isInteger(pairs))
      throw new Error(`interpolate: ${from.length} and ${to.length} values are no pairs of codes of ${size}`);
    if (!Number.isInteger(steps) || steps < 2)
      throw new Error(`interpolate: ${steps} steps do not hold both ends; take 2 or more`);
    const lines = new Float32Array(pairs * steps * size);
    for (let i = 0; i < lines.length; i++) {
      const t = (Math.floor(i / size) % steps) / (steps - 1);
      const at = Math.floor(i / (size * steps)) * size + (i % size);
      lines[i] = (1 - t) * from[at] + t * to[at];
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
