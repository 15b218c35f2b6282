/** Reductions among the VAE, the β-VAE and the conditional VAE. */
import type { Values } from '../../engine/index.js';
import { betaVae, cvae, vae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const atOne = [images, rows].flatMap((data) =>
  [{}, { kl: 'sampled' }, { samples: 3 }].map((options): Reduction => {
    const what = [data.spec.kind, ...Object.entries(options).flat()].join(' ');
    return {
      name: `β-VAE at β = 1 is VAE (${what})`,
      one: { system: betaVae, data, options: { ...options, beta: 1 } },
      other: { system: vae, data, options },
    };
  }),
);

/** Layers that the class is joined to the input of, and how many inputs they have without it. */
const JOINED = { 'encoder.1': 60, 'decoder.0': 2 };

/** What a constant 1 beside a layer's inputs adds is what its bias adds: rows of it are folded into the bias. */
function withoutConstant(values: Readonly<Record<string, Values>>): Record<string, Values> {
  const folded = { ...values };
  for (const [layer, inputs] of Object.entries(JOINED)) {
    const weight = values[`${layer}.weight`];
    const bias = values[`${layer}.bias`];
    const added = weight.slice(inputs * bias.length);
    folded[`${layer}.weight`] = weight.slice(0, inputs * bias.length);
    folded[`${layer}.bias`] = Float64Array.from(bias, (value, i) => value + added[i]);
  }
  return folded;
}

/** The constant's own gradient is that of the bias beside it, and is taken for it. */
function withoutConstantGradient(values: Readonly<Record<string, Values>>): Record<string, Values> {
  const folded = { ...values };
  for (const [layer, inputs] of Object.entries(JOINED)) {
    const weight = values[`${layer}.weight`];
    const size = inputs * values[`${layer}.bias`].length;
    folded[`${layer}.weight`] = weight.slice(0, size);
    folded[`${layer}.bias`] = weight.slice(size);
  }
  return folded;
}

export const vaes: readonly Reduction[] = [
  ...atOne,
  {
    name: 'CVAE with one class for all samples and a standard prior is VAE',
    one: { system: cvae, data: { ...images, classes: 1 }, options: { prior: 'standard' } },
    other: { system: vae, data: images },
    weights: withoutConstant,
    gradients: withoutConstantGradient,
  },
];
