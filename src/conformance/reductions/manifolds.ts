/** Reductions of systems whose posterior is not normal. */
import { fVae, vae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

export const manifolds: readonly Reduction[] = [images, rows].map((data) => ({
  name: `f-VAE without a flow is VAE with the sampled KL (${data.spec.kind})`,
  one: { system: fVae, data, options: { flow: 'general', flowSteps: 0 } },
  other: { system: vae, data, options: { kl: 'sampled' } },
}));
