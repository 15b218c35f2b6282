/**
 * The hyperspherical VAE: codes are unit vectors, with a von Mises-Fisher posterior and a uniform prior.
 *
 *   E_q[−log p(x|z)] + KL(vMF(μ(x), κ(x)) ‖ U),   μ = h/‖h‖,  κ = softplus(a) + κ₀
 *
 * A sphere has no middle to be drawn to: where the KL of a VAE pulls codes towards 0 and towards each other, here it
 * only spreads each of them out. `latent` is the dimension d of the sphere itself, as in the paper; a code has d + 1
 * numbers. What is decoded is the direction of a code, so that mixtures and traversals of codes stay on the sphere.
 *
 * Source: Davidson et al. 2018 (arXiv:1804.00891). Its released code differentiates accepted proposals by κ alone, which
 * is biased for d ≠ 2; here that is `gradient: 'pathwise'`. The floor κ₀ holds wherever q is evaluated.
 */
import { z as schema } from 'zod';
import { linear } from '../nn/index.js';
import { kl, UniformSphere, unit, VonMisesFisher } from '../probability/index.js';
import { type Tensor, withGradientOf } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { decodeDraws } from './gaussianVae.js';
import { likelihoodFor } from './likelihoods.js';
import { defaultLatent, likelihoodOptions, networkOptions, nonNegative, positiveInteger } from './options.js';
import { type Batch, system } from './system.js';
import { weighted } from './terms.js';

export const hypersphericalVae = system({
  name: 'hyperspherical-vae',
  title: 'S-VAE',
  paper: 'Davidson, Falorsi, De Cao, Kipf & Tomczak, UAI 2018, arXiv:1804.00891',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + KL(vMF(\mu(x),\kappa(x))\,\|\,U(S^d))`,
  summary:
    'A VAE whose codes are directions: no pull to a middle, for data that is round or comes in groups.',
  takesHoles: true,
  options: networkOptions.extend(likelihoodOptions.shape).extend({
    gradient: schema
      .enum(['implicit', 'corrected', 'pathwise'])
      .default('implicit')
      .describe(
        'derivative of a draw by its concentration: exact; by an unbiased correction with more noise; or biased, as in the released code',
      ),
    kappaFloor: nonNegative()
      .default(1)
      .describe('least concentration of a posterior; 0 lets it become uniform'),
    proposals: positiveInteger()
      .default(24)
      .describe('proposals of the rejection sampler for each draw, two thirds of which are accepted'),
  }),
  build(data, { gradient, kappaFloor, proposals, ...options }, scope) {
    const length = (options.latent ?? defaultLatent(data)) + 1;
    const output = likelihoodFor(data, options, scope.child('likelihood'));
    const networks = networksFor(data, output.outputShape, options);
    const trunk = networks.encoder(scope.child('encoder'));
    const directionHead = linear(length)(scope.child('direction'));
    const concentrationHead = linear(1)(scope.child('concentration'));
    const decoder = networks.decoder(scope.child('decoder'));

    const posterior = ({ x }: Batch) => {
      const features = trunk(x).flatten();
      const direction = unit(directionHead(features));
      const concentration = concentrationHead(features).softplus().add(kappaFloor);
      return new VonMisesFisher({ direction, concentration, gradient, proposals });
    };
    const likelihood = (z: Tensor) => decodeDraws(decoder, output, unit(z));
    const prior = (count: number) => new UniformSphere([count, length]);
    return {
      codeShape: [length],
      objective(batch) {
        const q = posterior(batch);
        const nll = likelihood(q.rsample()).nll(batch.x);
        const divergence = kl(q, prior(batch.x.shape[0]));
        return {
          reconstruction: gradient === 'corrected' ? withScore(nll, q.acceptanceScore()) : nll,
          // One number for the whole code: free bits have no coordinates to count by.
          kl: weighted(1, divergence, { coordinates: divergence.expandDims(-1) }),
        };
      },
      // The mean itself lies inside the sphere, in the direction of the mode.
      encode: (batch) => posterior(batch).direction,
      decode: (code) => likelihood(code).mean,
      likelihood,
      posterior,
      prior,
    };
  },
});

/** f, whose derivative gains f · ∂score. */
function withScore(f: Tensor, score: Tensor): Tensor {
  return withGradientOf(f, f.add(f.stopGradient().mul(score)));
}
