/** Systems that judge reconstructions by a distance, at distances that are a likelihood's. */
import { expectedLossOptions, expectedLossVae, unboundedVae } from '../../systems/expectedLoss.js';
import { system, vae } from '../../systems/index.js';
import { sizeOf, type Tensor } from '../../tensor/index.js';
import { images, type Reduction } from './row.js';

const SIGMA = 0.7;
const squaredError = (y: Tensor, x: Tensor) => y.sub(x).square().sumOverEvent();

/** A VAE judged by ‖x − x̂‖² / 2σ², and the constant of a Gaussian that belongs to it. */
const squared = system({
  name: 'squared-error-vae',
  title: 'Squared error VAE',
  paper: 'for comparison',
  objective: String.raw`\|x - \hat{x}\|^2 / 2\sigma^2 + KL(q(z|x)\,\|\,p(z))`,
  summary: 'What the others are compared with.',
  options: expectedLossOptions,
  build(data, options, scope) {
    const normaliser = 0.5 * sizeOf(data.shape) * Math.log(2 * Math.PI * SIGMA ** 2);
    const distance = (y: Tensor, x: Tensor) =>
      squaredError(y, x)
        .mul(0.5 / SIGMA ** 2)
        .add(normaliser);
    return expectedLossVae(unboundedVae(data, options, scope), distance, 1);
  },
});

export const perceptual: readonly Reduction[] = [
  {
    name: 'a VAE judged by ‖x − x̂‖² / 2σ² is the VAE of a Gaussian likelihood up to a constant',
    one: { system: squared, data: images },
    other: { system: vae, data: images, options: { likelihood: 'gaussian', sigma: 'fixed', sigma0: SIGMA } },
  },
];
