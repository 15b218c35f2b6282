/** Fits a prior on the codes of a trained model: by its own algorithm, or by gradient as systems are trained. */
import type { Engine } from '../engine/index.js';
import type { SampleSource } from '../evaluation/index.js';
import type { ModelRunner } from '../inference/index.js';
import { OptionError, type System } from '../systems/index.js';
import type { TensorData } from '../tensor/index.js';
import { Training, type TrainingEvent, type TrainingOptions, trainingOptionsFor } from '../training/index.js';
import {
  type CodeValues,
  collectCodes,
  describeCodes,
  type FrozenModel,
  orderedRows,
  rowSource,
  storedCodes,
} from './codeRows.js';
import type { CodeDescription } from './description.js';
import { priorOver } from './over.js';
import type { Prior } from './prior.js';

/** A prior with everything that using it takes. */
export interface FittedPrior {
  readonly prior: Prior;
  /** Options as the prior's schema returns them. */
  readonly options: Record<string, unknown>;
  readonly codes: CodeDescription;
  /** Values of the prior's variables, by name. */
  readonly weights: ReadonlyMap<string, TensorData>;
}

export type FitEvent =
  | TrainingEvent
  /** The codes are there; each has `size` numbers or indices. */
  | { readonly kind: 'codes'; readonly count: number; readonly size: number }
  /** How the fit went. */
  | { readonly kind: 'facts'; readonly facts: Readonly<Record<string, number>> };

export interface FitOptions {
  readonly prior: Prior;
  readonly options: Record<string, unknown>;
  /** What of an uncertain code the prior is fitted on. @default 'auto' */
  readonly fitOn?: CodeValues;
  /** For priors that are trained; of others the seed alone counts. */
  readonly training?: Partial<TrainingOptions>;
  /** The trained model. */
  readonly runner: ModelRunner;
  readonly trainingPart: SampleSource;
  readonly validationPart: SampleSource;
  /** It keeps the variables of this training, and should keep no others. */
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FitEvent) => void;
}

/**
 * @throws OptionError if the prior is none for such codes, or an option cannot be as it is
 * @throws the signal's reason if it was aborted: half a prior is none
 */
export async function fitPrior(request: FitOptions): Promise<FittedPrior> {
  const { prior, options, fitOn, runner, trainingPart, validationPart, engine, signal, onEvent } = request;
  const { training: chosen = {} } = request;
  const { seed = 0 } = chosen;
  requireCodes(prior, runner);
  const collect = { stored: storedCodes(runner, prior.codes, fitOn), signal };
  const training = await collectCodes(runner, trainingPart, { ...collect, seed });
  const codes = describeCodes(runner, training, collect.stored);
  onEvent?.({ kind: 'codes', count: training.count, size: codes.size });
  const own = priorOver(prior, codes, options);
  // Where rows are draws, those of other samples are to be others.
  const validation = await collectCodes(runner, validationPart, { ...collect, seed: seed + 1 });
  const width = training.x.length / training.count;
  const train = async (system: System): Promise<ReadonlyMap<string, TensorData>> => {
    const definition = { system, options, data: codes.data };
    const run = new Training({
      ...definition,
      training: trainingOptionsFor(definition, chosen),
      engine,
      trainingSamples: orderedRows(training, width, seed),
      validation: rowSource(validation, width),
      signal,
    });
    for await (const event of run) onEvent?.(event);
    signal?.throwIfAborted();
    return engine.variables.read(run.model.runner.table.variables.keys());
  };
  const fitted = own.fit({
    training,
    validation,
    seed,
    model: runner,
    samples: trainingPart,
    train: (build) => train(own.system(build)),
    warn: (message) => onEvent?.({ kind: 'warning', message }),
    report: (facts) => onEvent?.({ kind: 'facts', facts }),
    signal,
  });
  return { prior, options, codes, weights: await (fitted ?? train(own.system())) };
}

/** @throws OptionError if the model's codes are not of the kind that the prior is over */
export function requireCodes(prior: Prior, runner: FrozenModel): void {
  const { discrete, codeShape } = runner.build();
  const system = runner.settings.system.name;
  if (prior.codes === 'vectors' && discrete)
    throw new OptionError(
      'prior',
      `${prior.name} is for codes of real numbers, and those of ${system} are indices; fit one that vaekit priors lists for indices`,
    );
  if (prior.codes === 'grids' && !discrete)
    throw new OptionError(
      'prior',
      `${prior.name} is for codes that are indices, and those of ${system} are real numbers, ${codeShape.join('×')}; fit normal, gmm or maf`,
    );
}
