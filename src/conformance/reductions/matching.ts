/** Reductions of the systems that match the codes of all samples together with a prior. */
import { aae, ae, infoVae, swae, vae, waeGan, waeMmd } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const plain = { costScale: 1, inputNoise: 0 };

const unpaid: readonly Reduction[] = [images, rows].flatMap((data) => [
  {
    name: `WAE-MMD at λ = 0 is AE (${data.spec.kind})`,
    one: { system: waeMmd, data, options: { ...plain, lambda: 0 } },
    other: { system: ae, data },
  },
  {
    name: `the autoencoder phase of a WAE-GAN at λ = 0 is AE (${data.spec.kind})`,
    one: {
      system: waeGan,
      data,
      options: { ...plain, lambda: 0, discriminator: [5] },
      phase: 'autoencoder',
    },
    other: { system: ae, data },
  },
  {
    name: `SWAE at λ = 0 is AE (${data.spec.kind})`,
    one: { system: swae, data, options: { lambda: 0 } },
    other: { system: ae, data },
  },
  {
    name: `the reconstruction phase of an AAE is AE (${data.spec.kind})`,
    one: { system: aae, data, options: { discriminator: [5] }, phase: 'reconstruction' },
    other: { system: ae, data },
  },
]);

export const matching: readonly Reduction[] = [
  ...unpaid,
  ...[images, rows].map(
    (data): Reduction => ({
      name: `InfoVAE at α = 0, λ = 1 is VAE (${data.spec.kind})`,
      one: { system: infoVae, data, options: { alpha: 0, lambda: 1 } },
      other: { system: vae, data },
    }),
  ),
  ...(['rbf', 'imq'] as const).map(
    (kernel): Reduction => ({
      name: `InfoVAE at α = 1 is WAE-MMD with a Gaussian encoder whose cost is −log p(x|z) (${kernel})`,
      one: {
        system: infoVae,
        data: images,
        options: { alpha: 1, lambda: 7, kernel, scales: [0.5, 2], likelihood: 'bernoulli' },
      },
      other: {
        system: waeMmd,
        data: images,
        options: {
          ...plain,
          lambda: 7,
          kernel,
          scales: [0.5, 2],
          cost: 'bernoulli',
          posterior: 'gaussian',
        },
      },
    }),
  ),
];
