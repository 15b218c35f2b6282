/** Reductions of the systems whose codes are made of indices, and of the one that joins them with numbers. */
import { disentangledBetaVae, jointVae, vqVae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const OWN = { latent: undefined };
const codes = { ...OWN, codes: 5, codeDimension: 3, groups: 2 };

const oneCodebook = [images, rows].map(
  (data): Reduction => ({
    name: `residual quantisation with one codebook is VQ-VAE (${data.spec.kind})`,
    one: {
      system: vqVae,
      data,
      options: { ...codes, quantiser: 'residual', codebooks: 1, update: 'gradient' },
    },
    other: { system: vqVae, data, options: { ...codes, update: 'gradient' } },
    rename: { 'quantiser.0.codebook': 'quantiser.codebook' },
  }),
);

const capacity = { gamma: 5, capacity: 2, capacitySteps: 100 };
const withoutCategories: readonly Reduction[] = [images, rows].map((data) => ({
  name: `joint VAE without categories is disentangled β-VAE (${data.spec.kind})`,
  one: { system: jointVae, data, options: { categories: [], gammaZ: 5, capacityZ: 2, capacitySteps: 100 } },
  other: { system: disentangledBetaVae, data, options: capacity },
}));

export const discrete: readonly Reduction[] = [...oneCodebook, ...withoutCategories];
