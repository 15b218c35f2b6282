/** A trained model with a fitted prior in the place of its own, or of none: codes drawn from it, and samples of these. */
import { contentHash } from '../data/index.js';
import type { SampleSource, SourceOptions } from '../evaluation/index.js';
import { ModelRunner, type Rows, type SampleOptions, TrainedModel } from '../inference/index.js';
import type { DrawOptions } from '../probability/index.js';
import {
  type CodePrior,
  hasDensity,
  type Model,
  OptionError,
  requiresLabels,
  type System,
  toWeighted,
} from '../systems/index.js';
import type { Tensor } from '../tensor/index.js';
import { collectCodes } from './codeRows.js';
import type { IndexModel } from './coding/indexCoder.js';
import { splitMaps, type VectorCodes } from './description.js';
import { drawInSteps } from './drawing.js';
import type { FittedPrior } from './fit.js';
import { type PriorOver, priorOver } from './over.js';
import type { PriorModel } from './prior.js';

/** Where the variables of a fitted prior stand among those of the model, and of other priors of it. */
function scopeName({ prior, weights }: FittedPrior): string {
  return `fittedPrior.${prior.name}.${contentHash(...weights.values())}`;
}

/** Codes that are drawn in steps at a time. */
const DRAWN_AT_ONCE = 64;

export interface UseOptions {
  /** Called as steps of draws that take many are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The model with the prior, on the same engine, which is given the prior's weights.
 *
 * The result is a model like any other: whatever looks at `prior` (sampling, export, importance-weighted likelihoods)
 * sees the fitted one, where it has a distribution.
 */
export async function withPrior(
  runner: ModelRunner,
  fitted: FittedPrior,
  options: UseOptions = {},
): Promise<ModelWithPrior> {
  const { engine, system, data, options: given } = runner.settings;
  const over = priorOver(fitted.prior, fitted.codes, fitted.options);
  const name = scopeName(fitted);
  const own: PriorOver = { ...over, build: (scope) => over.build(scope.child(name)) };
  await engine.variables.write(
    new Map(Array.from(fitted.weights, ([variable, values]) => [`${name}.${variable}`, values])),
  );
  const both = { engine, system: joined(system, fitted, own), options: given, data };
  return new ModelWithPrior(new ModelRunner(both), own, options);
}

/** A system whose model draws from the fitted prior. */
function joined(system: System, { prior, options }: FittedPrior, own: PriorOver): System {
  const isConditional = prior.isConditional?.(options) === true;
  return {
    ...system,
    needsLabels: (given: Record<string, unknown>) => isConditional || requiresLabels(system, given),
    build(data, given, scope) {
      const { prior: _, ...model } = system.build(data, given, scope);
      const { distribution } = own.build(scope);
      const { codes } = own;
      if (!distribution || codes.kind !== 'vectors') return model;
      const overCodes: Model['prior'] = (count, labels) =>
        restored(distribution(count, isConditional ? labels : undefined), codes);
      return { ...model, prior: overCodes };
    },
  };
}

/** A distribution of standard scores as one of codes. */
function restored(p: CodePrior, codes: VectorCodes): CodePrior {
  const inner = {
    mean: codes.restore(p.mean),
    sample: (options?: DrawOptions) => codes.restore(p.sample(options)),
  };
  if (!hasDensity(p)) return inner;
  return { ...inner, logProb: (z: Tensor) => p.logProb(codes.standardise(z)).sub(codes.logVolume) };
}

export class ModelWithPrior extends TrainedModel {
  readonly #own: PriorOver;

  readonly #options: UseOptions;

  constructor(runner: ModelRunner, own: PriorOver, options: UseOptions) {
    super(runner);
    this.#own = own;
    this.#options = options;
  }

  override get canSample(): boolean {
    return true;
  }

  /**
   * New samples: codes from the fitted prior, and what these stand for.
   *
   * @throws OptionError if the prior or the system is conditioned on classes and none are given, or a temperature, and the
   *   prior takes none
   */
  override async sample(
    count: number,
    options: SampleOptions = {},
  ): Promise<{ x: Float32Array; codes: Float32Array }> {
    if (!options.labels && this.runner.isConditional)
      throw new OptionError('labels', 'these samples are conditioned on classes; give one for each');
    if (this.runner.build().prior) return super.sample(count, options);
    if (options.temperature !== undefined)
      throw new OptionError('temperature', 'this prior takes none; leave it out');
    const codes = await this.#drawn(count, options);
    return { codes, x: await this.sampleAt(codes, options) };
  }

  /**
   * How likely the codes of samples are, log p(z) of each in nats: exact, or a bound where that is all there is.
   *
   * @throws Error if the prior has no density
   */
  async codeLogLikelihood(source: SampleSource, options: SourceOptions = {}): Promise<Float32Array> {
    const { codes } = this.#own;
    const logVolume = codes.kind === 'vectors' ? codes.logVolume : 0;
    const terms = Object.values(await this.codeNats(source, options));
    return terms[0].map((_, i) => -terms.reduce((sum, term) => sum + term[i], logVolume));
  }

  /** −log p of the code of each sample as the prior sees it, nats, in parts: of indices, one for each map by its name. */
  async codeNats(source: SampleSource, { seed = 0, signal }: SourceOptions = {}): Promise<Rows> {
    const { codes } = this.#own;
    const { engine } = this.runner.settings;
    const stored = codes.kind === 'grids' ? 'indices' : codes.stored;
    const rows = await collectCodes(this.runner, source, { stored, seed, signal });
    const over = this.#own.system((scope) => this.#own.build(scope));
    const runner = new ModelRunner({ engine, system: over, options: {}, data: codes.data });
    const nats = await runner.mapSamples(
      'nats of codes',
      rows,
      (batch, { model }) =>
        Object.fromEntries(
          Object.entries(model.objective(batch)).map(([name, term]) => [name, toWeighted(term).value]),
        ),
      { seed, isObserved: true, signal },
    );
    await runner.dispose();
    return nats;
  }

  /**
   * The prior as indices are coded with it.
   *
   * @throws OptionError if it says nothing of single indices
   */
  get indexModel(): IndexModel {
    const { drawing } = this.#built();
    const one = drawing?.(1);
    const choices = one?.parts.reduce((sum, part) => sum + part.steps * (part.choices?.count ?? 0), 0);
    if (!drawing || choices !== this.#own.codes.size)
      throw new OptionError('prior', 'this prior says nothing of single indices, so none are coded with it');
    return (count) => drawing(count);
  }

  #built(): PriorModel {
    return this.#own.build(this.runner.table.scope({ training: false }));
  }

  async #drawn(count: number, { labels, seed = 0, signal }: SampleOptions): Promise<Float32Array> {
    const { engine, data } = this.runner.settings;
    const classes = data.classes > 0 ? labels : undefined;
    const batchSize = Math.min(count, DRAWN_AT_ONCE);
    const { drawing } = this.#built();
    if (!drawing) throw new Error('sample: the prior has neither a distribution nor steps to draw by');
    const drawn = await drawInSteps(engine, count, drawing, {
      batchSize,
      labels: classes,
      seed,
      signal,
      ...this.#options,
    });
    const { codes } = this.#own;
    const shape = [codes.size];
    const rows = await this.runner.mapCodes('embed', { values: drawn, shape }, (x, _, { model }) => {
      if (codes.kind === 'vectors') return { codes: codes.restore(x) };
      const { discrete } = model;
      if (!discrete) throw new Error('sample: the model has no indices to look up');
      return { codes: discrete.lookup(splitMaps(x.cast('int32'), codes.maps)) };
    });
    return rows.codes;
  }
}
