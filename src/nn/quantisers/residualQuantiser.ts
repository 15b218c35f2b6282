/**
 * Residual vector quantisation: several codebooks in a row, each for what the ones before have left.
 *
 *   r_1 = z,   e_s = Q_s(r_s),   r_{s+1} = r_s − sg(e_s),   z_q = Σ_s e_s
 *
 * K^S vectors out of S codebooks of K entries. Every codebook has its own distances; they add up.
 *
 * Source: Juang & Gray 1982; as layer of an autoencoder: Zeghidour et al. 2021, §III-C (arXiv:2107.03312).
 */
import { type Tensor, type Variable, withGradientOf } from '../../tensor/index.js';
import type { Scope } from '../scope.js';
import { nearestCentres } from './kMeans.js';
import type { Quantiser } from './quantiser.js';
import { type VectorQuantiserOptions, vectorQuantiser } from './vectorQuantiser.js';

export interface ResidualQuantiserOptions extends VectorQuantiserOptions {
  /** S */
  readonly codebooks: number;
}

export function residualQuantiser(
  { codebooks, ...options }: ResidualQuantiserOptions,
  scope: Scope,
): Quantiser {
  const stages = Array.from({ length: codebooks }, (_, s) =>
    vectorQuantiser(options, scope.child(String(s))),
  );
  const { dimension } = options;
  return {
    dimension,
    sizes: stages.map(() => options.codes),
    lookup: (indices) => sum(stages.map((stage, s) => stage.lookup([indices[s]]))),
    quantise(z) {
      let rest = z;
      const parts = stages.map((stage) => {
        const part = stage.quantise(rest);
        rest = rest.sub(part.choices[0].after.stopGradient());
        return part;
      });
      const choices = parts.flatMap((part) => part.choices);
      const total = (of: 'codebook' | 'commitment') => {
        const all = parts.flatMap((part) => part[of] ?? []);
        return all.length > 0 ? { [of]: sum(all) } : {};
      };
      return {
        code: withGradientOf(sum(choices.map(({ after }) => after)), z),
        choices,
        ...total('codebook'),
        ...total('commitment'),
      };
    },
    start(vectors, draws) {
      const begun = new Map<Variable, Float32Array>();
      const rest = vectors.slice();
      for (const stage of stages) {
        const values = stage.start?.(rest, draws) ?? new Map<Variable, Float32Array>();
        const [centres] = values.values();
        for (const [variable, value] of values) begun.set(variable, value);
        const { indices } = nearestCentres(rest, centres, dimension);
        for (let i = 0; i < rest.length; i++)
          rest[i] -= centres[indices[Math.floor(i / dimension)] * dimension + (i % dimension)];
      }
      return begun;
    },
  };
}

function sum(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((total, tensor) => total.add(tensor));
}
