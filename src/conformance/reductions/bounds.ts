/** Reductions among the importance-weighted systems, and of the conditional ones. */
import type { Values } from '../../engine/index.js';
import { ciwae, cmma, cvae, iwae, miwae, piwae, vae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const sampledVae = (data: typeof images, samples: number) => ({
  system: vae,
  data,
  options: { kl: 'sampled', samples },
});
const elbo = { bound: ['reconstruction', 'kl'] };

const weighted = [images, rows].flatMap((data): Reduction[] => [
  {
    name: `IWAE with one draw is VAE with the sampled KL (${data.spec.kind})`,
    one: sampledVae(data, 1),
    other: { system: iwae, data, options: { k: 1 } },
    terms: elbo,
  },
  {
    name: `MIWAE with one draw in a group is VAE with as many draws (${data.spec.kind})`,
    one: sampledVae(data, 3),
    other: { system: miwae, data, options: { m: 3, k: 1 } },
    terms: elbo,
  },
  {
    name: `CIWAE at β = 1 is VAE with as many draws (${data.spec.kind})`,
    one: sampledVae(data, 3),
    other: { system: ciwae, data, options: { k: 3, beta: 1 } },
    terms: elbo,
  },
  {
    name: `CIWAE at β = 0 is IWAE (${data.spec.kind})`,
    one: { system: ciwae, data, options: { k: 3, beta: 0 } },
    other: { system: iwae, data, options: { k: 3 } },
  },
  {
    name: `PIWAE is IWAE with all its draws, but for what moves the encoder (${data.spec.kind})`,
    one: { system: piwae, data, options: { m: 2, k: 3 } },
    other: { system: iwae, data, options: { k: 6 } },
  },
]);

const grouped = ['standard', 'stl', 'dreg'].flatMap((gradient): Reduction[] => [
  {
    name: `MIWAE with one group is IWAE (${gradient})`,
    one: { system: miwae, data: images, options: { m: 1, k: 4, gradient } },
    other: { system: iwae, data: images, options: { k: 4, gradient } },
  },
  {
    name: `PIWAE with one group moves the encoder by IWAE's loss (${gradient})`,
    one: { system: piwae, data: images, options: { m: 1, k: 4, gradient }, phase: 'inference' },
    other: { system: iwae, data: images, options: { k: 4, gradient } },
    compare: 'perSample',
  },
]);

/** The decoder's inputs are a code of two numbers, and in the CVAE the class after them. */
const CLASSES = 2;

/** A CVAE's decoder that does not listen to the class. */
const deaf = (values: Readonly<Record<string, Values>>): Record<string, Values> => {
  const weight = values['decoder.0.weight'];
  const { length } = values['decoder.0.bias'];
  return {
    ...values,
    'decoder.0.weight': Float64Array.of(...weight, ...new Float64Array(CLASSES * length)),
  };
};

/** All samples are of class 0, whose row has the gradient of the bias. */
const deafGradient = (values: Readonly<Record<string, Values>>): Record<string, Values> => {
  const [weight, bias] = [values['decoder.0.weight'], values['decoder.0.bias']];
  return {
    ...values,
    'decoder.0.weight': Float64Array.of(...weight, ...bias, ...new Float64Array((CLASSES - 1) * bias.length)),
  };
};

export const bounds: readonly Reduction[] = [
  ...weighted,
  ...grouped,
  {
    name: 'CVAE whose decoder does not listen to the class is CMMA with a linear prior',
    one: { system: cmma, data: { ...images, classes: CLASSES }, options: { priorHidden: [] } },
    other: { system: cvae, data: { ...images, classes: CLASSES } },
    weights: deaf,
    gradients: deafGradient,
  },
];
