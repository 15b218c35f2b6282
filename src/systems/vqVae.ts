/**
 * The VQ-VAE: an autoencoder whose code is a map of entries of a codebook. What generates is a prior over the map that is
 * fitted later; until then it is uniform, and samples are what that makes of them.
 *
 * Departure: the paper prints +log p beside two losses; it is −log p that is minimised.
 */
import { codeMapNetworks, mapOptions } from './architectures/codeMaps.js';
import { likelihoodFor } from './likelihoods.js';
import { likelihoodOptions } from './options.js';
import { quantisedAutoencoder, quantiserScope } from './quantisedAutoencoder.js';
import { quantiserFor, quantiserOptions } from './quantiserOptions.js';
import { system } from './system.js';

export const vqVae = system({
  name: 'vq-vae',
  title: 'VQ-VAE',
  paper:
    'van den Oord et al., NeurIPS 2017, arXiv:1711.00937; residual: Zeghidour et al. 2021, arXiv:2107.03312; fsq: Mentzer et al. 2023, arXiv:2309.15505',
  objective: String.raw`-\log p(x|z_q) + \|\mathrm{sg}(z) - e\|^2 + \beta \|z - \mathrm{sg}(e)\|^2,\quad z_q = e_k,\ k = \arg\min_j \|z - e_j\|^2`,
  summary:
    'Codes that are maps of entries of a codebook: compression, and indices for a prior to be fitted on.',
  options: quantiserOptions.extend(mapOptions.shape).extend(likelihoodOptions.shape),
  training: () => ({ learningRate: 3e-4 }),
  build(data, options, scope) {
    const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
    const quantiser = quantiserFor(options, quantiserScope(scope, 'codes', 1));
    const ends = { data, output: likelihood.outputShape, dimension: quantiser.dimension };
    const networks = codeMapNetworks(ends, options, scope);
    return quantisedAutoencoder({ levels: [{ name: 'codes', quantiser }], networks, likelihood }, options);
  },
});
