/** Priors that are mixtures of normal distributions: their variables, and the values that a fit gives these. */

import { inverseLower } from '../../data/index.js';
import { filled, type Scope } from '../../nn/index.js';
import { type MixtureScale, NormalMixture } from '../../probability/index.js';
import type { Tensor, TensorData } from '../../tensor/index.js';
import { requireLabels } from '../conditional.js';
import type { VectorCodes } from '../description.js';
import type { PriorModel } from '../prior.js';
import type { CovarianceKind, Mixture } from './em.js';

export interface MixtureShape {
  /** Components of each class, or of all. */
  readonly components: number;
  readonly covariance: CovarianceKind;
  /** Whether every class has components of its own. */
  readonly isConditional: boolean;
}

/** log w of components that belong to another class: e^−1000 is 0, and differences of it are numbers. */
const NEVER = -1000;

/** The distribution of standard scores with parameters that a fit fills in. */
export function mixtureModel(
  codes: VectorCodes,
  { components, covariance, isConditional }: MixtureShape,
  scope: Scope,
): PriorModel {
  const { size } = codes;
  const classes = isConditional ? codes.data.classes : 1;
  const all = classes * components;
  const kept = { trainable: false };
  const logWeights = scope.variable('logWeights', [classes, all], filled(-Math.log(all)), kept);
  const means = scope.variable('means', [all, size], filled(0), kept);
  const scale = scaleVariables(scope, covariance, all, size);
  const distribution = (count: number, labels?: Tensor) => {
    const rows = isConditional
      ? logWeights.gather(requireLabels(labels))
      : logWeights.broadcastTo([count, all]);
    return new NormalMixture({ logWeights: rows, means, scale });
  };
  return {
    objective: ({ x, labels }) => ({ nll: distribution(x.shape[0], labels).logProb(x).neg() }),
    distribution,
  };
}

function scaleVariables(scope: Scope, covariance: CovarianceKind, count: number, size: number): MixtureScale {
  const kept = { trainable: false };
  if (covariance === 'diagonal')
    return { kind: 'diagonal', logVar: scope.variable('logVar', [count, size], filled(0), kept) };
  const identities = () =>
    Float32Array.from({ length: count * size * size }, (_, i) =>
      Number((i % (size * size)) % (size + 1) === 0),
    );
  return {
    kind: 'full',
    factor: scope.variable('factor', [count, size, size], identities, kept),
    inverse: scope.variable('inverse', [count, size, size], identities, kept),
  };
}

/**
 * Values of the variables.
 *
 * @param mixtures   one for each class, or one alone, each of as many components
 * @param covariance of the model's variables: diagonal factors become full matrices where it takes these
 */
export function mixtureWeights(
  mixtures: readonly Mixture[],
  size: number,
  covariance: CovarianceKind,
): Map<string, TensorData> {
  const components = mixtures[0].weights.length;
  const all = mixtures.length * components;
  const factors = mixtures.flatMap((mixture) =>
    mixture.factors.map((factor) =>
      covariance === 'full' && mixture.covariance === 'diagonal' ? diagonalMatrix(factor) : factor,
    ),
  );
  const joined = (parts: readonly ArrayLike<number>[]) => {
    const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return values;
  };
  const logWeights = new Float32Array(mixtures.length * all).fill(NEVER);
  mixtures.forEach(({ weights }, y) => {
    logWeights.set(weights.map(Math.log), y * all + y * components);
  });
  const scale: [string, TensorData][] =
    covariance === 'full'
      ? [
          ['factor', joined(factors)],
          ['inverse', joined(factors.map((factor) => inverseLower(factor, size)))],
        ]
      : [['logVar', joined(factors.map((factor) => factor.map((s) => 2 * Math.log(s))))]];
  return new Map([
    ['logWeights', logWeights],
    ['means', joined(mixtures.map(({ means }) => means))],
    ...scale,
  ]);
}

function diagonalMatrix(diagonal: Float64Array): Float64Array {
  const size = diagonal.length;
  const matrix = new Float64Array(size * size);
  diagonal.forEach((value, i) => {
    matrix[i * (size + 1)] = value;
  });
  return matrix;
}
