/**
 * VQ-VAE-2: maps of codes at two or three resolutions, each with a codebook of its own. What is inferred at a resolution
 * knows the codes above it, so that the top keeps to the whole and the levels below to what is left; the decoder sees all.
 */
import { z } from 'zod';
import { pictureMapOptions, pictureMaps } from './architectures/codeMaps.js';
import { likelihoodFor } from './likelihoods.js';
import { likelihoodOptions } from './options.js';
import { quantisedAutoencoder, quantiserScope } from './quantisedAutoencoder.js';
import { quantiserFor, quantiserOptions } from './quantiserOptions.js';
import { system } from './system.js';

const LEVELS = { two: ['top', 'bottom'], three: ['top', 'middle', 'bottom'] };

export const vqVae2 = system({
  name: 'vq-vae-2',
  title: 'VQ-VAE-2',
  paper: 'Razavi et al., NeurIPS 2019, arXiv:1906.00446',
  objective: String.raw`-\log p(x|z_q) + \sum_l \left[\|\mathrm{sg}(z_l) - e_l\|^2 + \beta \|z_l - \mathrm{sg}(e_l)\|^2\right]`,
  summary:
    'A VQ-VAE for larger pictures: maps of codes at two or three resolutions, the whole above its details.',
  options: quantiserOptions
    .extend(pictureMapOptions.shape)
    .extend(likelihoodOptions.shape)
    .extend({
      maps: z
        .enum(['two', 'three'])
        .default('two')
        .describe('maps of codes, each of half the height and width of the next'),
    }),
  training: () => ({ learningRate: 3e-4 }),
  build(data, { maps, ...options }, scope) {
    const names = LEVELS[maps];
    const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
    const levels = names.map((name) => ({
      name,
      quantiser: quantiserFor(options, quantiserScope(scope, name, names.length)),
    }));
    const ends = { data, output: likelihood.outputShape, dimension: levels[0].quantiser.dimension };
    const networks = pictureMaps(ends, options, names.length, scope);
    return quantisedAutoencoder({ levels, networks, likelihood }, options);
  },
});
