/** Fits a mixture to the codes of every class, or of all: starts, restarts, and what to do where points are too few. */
import { OptionError } from '../../systems/index.js';
import type { TensorData } from '../../tensor/index.js';
import type { VectorCodes } from '../description.js';
import type { FitRequest } from '../prior.js';
import {
  type CovarianceKind,
  type EmResult,
  expectationMaximisation,
  kMeansPlusPlus,
  type Mixture,
  type Points,
  SingularError,
} from './em.js';
import { mixtureWeights } from './model.js';
import { pointsByClass, pointsOf } from './points.js';

export interface MixtureOptions {
  readonly components: number;
  readonly covariance: CovarianceKind;
  readonly conditional: boolean;
  /** Share of the mean variance that is added to every variance. */
  readonly regularisation: number;
  readonly restarts: number;
  readonly tolerance: number;
  readonly iterations: number;
}

/**
 * Weights of a `mixtureModel`. What asks for full covariances and has too few codes for them gets diagonal ones.
 *
 * @throws OptionError if there are more components than codes
 */
export async function fitMixture(
  { description, training, seed, signal, warn, report }: FitRequest<VectorCodes>,
  options: MixtureOptions,
): Promise<ReadonlyMap<string, TensorData>> {
  const { size, data, logVolume } = description;
  const points = pointsOf(training, description, seed);
  const groups = options.conditional ? pointsByClass(points, training.labels, data.classes) : [points];
  const smallest = Math.min(...groups.map(({ count }) => count));
  if (options.components > smallest) {
    const where = options.conditional ? ' of the smallest class' : '';
    throw new OptionError(
      'components',
      `${options.components} are more than the ${smallest} codes${where}; take fewer`,
    );
  }
  const fits: EmResult[] = [];
  for (const group of groups) fits.push(await fitGroup(group, { ...options, seed, signal, warn }));
  const mixtures = fits.map(({ mixture }) => mixture);
  const total = fits.reduce((sum, fit, i) => sum + groups[i].count * logLikelihoodOf(fit), 0);
  const logLikelihood = total / points.count - logVolume;
  const parameters = mixtures.reduce((sum, mixture) => sum + parametersOf(mixture), 0);
  report({
    iterations: Math.max(...fits.map(({ history }) => history.length - 1)),
    trainingLogLikelihood: logLikelihood,
    bic: -2 * points.count * logLikelihood + parameters * Math.log(points.count),
  });
  return mixtureWeights(mixtures, size, options.covariance);
}

type GroupOptions = MixtureOptions & Pick<FitRequest<VectorCodes>, 'seed' | 'signal' | 'warn'>;

/** The best of several starts. */
async function fitGroup(points: Points, options: GroupOptions): Promise<EmResult> {
  const { components, restarts, covariance, signal, tolerance, iterations, regularisation, seed, warn } =
    options;
  const floor = regularisation * meanVariance(points);
  const fitAs = async (kind: CovarianceKind) => {
    let best: EmResult | undefined;
    for (let restart = 0; restart < restarts; restart++) {
      const start = kMeansPlusPlus(points, components, seed + restart);
      const em = { covariance: kind, floor, tolerance, iterations, signal };
      const result = await expectationMaximisation(points, components, start, em);
      if (!best || logLikelihoodOf(result) > logLikelihoodOf(best)) best = result;
    }
    if (!best) throw new Error('gmm: there was no start');
    return best;
  };
  const each = Math.floor(points.count / components);
  if (covariance === 'full' && each <= points.size) {
    warn(
      `${each} codes for each component are too few for full covariances of ${points.size} numbers; diagonal ones were fitted`,
    );
    return fitAs('diagonal');
  }
  try {
    return await fitAs(covariance);
  } catch (error) {
    if (!(error instanceof SingularError) || covariance === 'diagonal') throw error;
    warn(`${error.message}; diagonal ones were fitted`);
    return fitAs('diagonal');
  }
}

/** Mean log-likelihood of a fit, nats of standard scores. */
const logLikelihoodOf = ({ history }: EmResult) => history[history.length - 1];

/** Free numbers of a mixture: C − 1 weights, C d means, and the covariances. */
function parametersOf({ weights, means, factors, covariance }: Mixture): number {
  const size = means.length / weights.length;
  const ofCovariance = covariance === 'full' ? (size * (size + 1)) / 2 : size;
  return weights.length - 1 + means.length + factors.length * ofCovariance;
}

function meanVariance({ data, count, size }: Points): number {
  let total = 0;
  for (let j = 0; j < size; j++) {
    let [sum, squares] = [0, 0];
    for (let n = 0; n < count; n++) {
      sum += data[n * size + j];
      squares += data[n * size + j] ** 2;
    }
    total += squares / count - (sum / count) ** 2;
  }
  return total / size;
}
