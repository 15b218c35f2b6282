/** Reductions of hierarchies of codes to a code in one piece. */
import { hierarchicalVae, vae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

export const hierarchies: readonly Reduction[] = [images, rows].flatMap((data) =>
  ['topDown', 'ladder', 'bottomUp'].map((inference): Reduction => {
    const form = inference === 'bottomUp' ? 'sampled' : 'analytic';
    return {
      name: `hierarchical VAE with one group, inferred ${inference}, is VAE with the ${form} KL (${data.spec.kind})`,
      one: { system: hierarchicalVae, data, options: { latents: [2], inference } },
      other: { system: vae, data, options: { kl: form } },
      terms: { kl: ['kl1'] },
    };
  }),
);
