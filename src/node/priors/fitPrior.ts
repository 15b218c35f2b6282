/** Fits a prior on the codes of a run, and keeps it there. */
import { splitDataset } from '../../data/index.js';
import {
  type CodeValues,
  type FitEvent,
  type FittedPrior,
  findPrior,
  fitPrior as fitPriorOf,
  type ModelWithPrior,
  type Prior,
  requireCodes,
  type UseOptions,
  withPrior,
} from '../../priors/index.js';
import { partSource, type TrainingOptions } from '../../training/index.js';
import { type EngineOptions, type OpenEngine, openEngine } from '../engines.js';
import { checkOptions } from '../runs/checkOptions.js';
import { type LoadedRun, type LoadRequest, loadRun } from '../runs/load.js';
import { openRunData } from '../runs/runData.js';
import { version } from '../version.js';
import { hashWeights, loadPrior, type PriorRecord, savePrior } from './store.js';

export interface FitPriorRequest extends LoadRequest {
  /** A prior, or its name. */
  readonly prior: Prior | string;
  /** Options of the prior, by the names of its schema. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What of an uncertain code it is fitted on. @default 'auto' */
  readonly fitOn?: CodeValues;
  /** For priors that are trained; of others the seed alone counts. */
  readonly training?: Partial<TrainingOptions>;
  /** Abandons the fit: nothing is kept of it. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FitEvent) => void;
}

export interface StoredPrior {
  /** The file it is kept in. */
  readonly path: string;
  readonly fitted: FittedPrior;
  /** Numbers that say how the fit went. */
  readonly facts: Readonly<Record<string, number>>;
}

/**
 * Fits a prior on the codes of a run's training part, and keeps it in the run's folder, in the place of one of that name.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws OptionError if there is no such prior, it is none for such codes, or an option cannot be as it is
 * @throws DataError if it is no run, or its data are not what they were
 */
export async function fitPrior(run: string, request: FitPriorRequest): Promise<StoredPrior> {
  const { engine: choice, layers } = request;
  const prior = typeof request.prior === 'string' ? findPrior(request.prior) : request.prior;
  const options = checkOptions(prior.options, request.options ?? {});
  const loaded = await loadRun(run, { engine: choice, layers });
  try {
    requireCodes(prior, loaded.model.runner);
    return await fitLoaded(loaded, prior, options, request, choice);
  } finally {
    await loaded.close();
  }
}

async function fitLoaded(
  loaded: LoadedRun,
  prior: Prior,
  options: Record<string, unknown>,
  { fitOn, training = {}, signal, onEvent }: FitPriorRequest,
  choice: EngineOptions | undefined,
): Promise<StoredPrior> {
  const { folder, model } = loaded;
  const dataset = await openRunData(folder);
  try {
    const { train, validation } = splitDataset(dataset);
    const facts: Record<string, number> = {};
    const bests: { readonly step: number; readonly objective: number }[] = [];
    const listen = (event: FitEvent) => {
      if (event.kind === 'facts') Object.assign(facts, event.facts);
      if (event.kind === 'best') bests.push(event);
      onEvent?.(event);
    };
    const fitted = await withEngine(choice, (engine) =>
      fitPriorOf({
        prior,
        options,
        fitOn,
        training,
        runner: model.runner,
        trainingPart: partSource(dataset, train),
        validationPart: partSource(dataset, validation),
        engine,
        signal,
        onEvent: listen,
      }),
    );
    const best = bests.at(-1);
    if (best) Object.assign(facts, { bestStep: best.step, ...validationOf(fitted, best.objective) });
    const path = await savePrior(folder, fitted, {
      vaekit: version,
      created: new Date().toISOString(),
      seed: training.seed ?? 0,
      model: hashWeights(await weightsOf(loaded)),
      facts,
    });
    return { path, fitted, facts };
  } finally {
    await dataset.close();
  }
}

/** An engine of its own for what is trained: variables are kept by name, and a prior's may be called as the model's are. */
async function withEngine<T>(
  choice: EngineOptions | undefined,
  f: (engine: OpenEngine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(choice);
  try {
    return await f(engine);
  } finally {
    await engine.dispose();
  }
}

/** How likely the codes of the validation part are, in their own units. */
function validationOf({ prior, codes }: FittedPrior, objective: number): Record<string, number> {
  if (prior.value === 'none') return {};
  const logVolume = codes.kind === 'vectors' ? codes.logVolume : 0;
  return { validationLogLikelihood: -objective - logVolume };
}

/**
 * The model of a loaded run with one of its fitted priors in the place of its own.
 *
 * @param prior its name, or the prior itself where a program has declared it
 * @throws OptionError if the run has no such prior
 * @throws DataError if it is damaged, or was fitted on the codes of other weights
 */
export async function usePrior(
  loaded: LoadedRun,
  prior: Prior | string,
  options?: UseOptions,
): Promise<{ model: ModelWithPrior; fitted: FittedPrior; record: PriorRecord }> {
  const stored = await loadPrior(loaded.folder, prior, hashWeights(await weightsOf(loaded)));
  return { ...stored, model: await withPrior(loaded.model.runner, stored.fitted, options) };
}

/** The weights that a run's codes depend on, as its engine holds them. */
export function weightsOf({ model, engine }: LoadedRun) {
  return engine.variables.read(model.runner.table.variables.keys());
}
