/** Reductions of the systems that take the KL apart or hold it somewhere: to the VAE, the β-VAE and one another. */
import {
  betaTcvae,
  betaVae,
  dipVae,
  disentangledBetaVae,
  factorVae,
  hfvae,
  vae,
} from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const sampled = { kl: 'sampled' };

const toCapacity = { gamma: 5, capacity: 0 };
const burgess: readonly Reduction[] = [
  {
    name: 'disentangled β-VAE without capacity is β-VAE at β = γ',
    one: { system: disentangledBetaVae, data: rows, options: toCapacity },
    other: { system: betaVae, data: rows, options: { beta: 5 } },
    compare: 'loss',
  },
  {
    name: 'disentangled β-VAE without capacity is β-VAE at β = γ, sample by sample',
    one: { system: disentangledBetaVae, data: images, options: { ...toCapacity, perSample: true } },
    other: { system: betaVae, data: images, options: { beta: 5 } },
    terms: { kl: ['capacity'] },
  },
];

const dip = [
  { type: 'i', data: rows },
  { type: 'ii', data: images },
].map(
  ({ type, data }): Reduction => ({
    name: `DIP-VAE ${type} without its penalties is VAE`,
    one: { system: dipVae, data, options: { type, lambdaOffDiagonal: 0 } },
    other: { system: vae, data },
  }),
);

const factor = [
  { secondBatch: true, data: images },
  { secondBatch: false, data: rows },
].map(
  ({ secondBatch, data }): Reduction => ({
    name: `FactorVAE at γ = 0 is VAE, with ${secondBatch ? 'two batches' : 'halves of one'}`,
    one: { system: factorVae, data, options: { gamma: 0, secondBatch, discriminator: [8] }, phase: 'vae' },
    other: { system: vae, data },
  }),
);

const parts = ['mutualInformation', 'totalCorrelation', 'dimensionWiseKl'];

const totalCorrelation = [
  { estimator: 'mss', data: rows },
  { estimator: 'mssPaper', data: images },
  { estimator: 'mws', data: images },
].map(
  ({ estimator, data }): Reduction => ({
    name: `β-TCVAE at α = β = γ = 1 is VAE with the sampled KL, by ${estimator}`,
    one: { system: betaTcvae, data, options: { alpha: 1, beta: 1, gamma: 1, estimator } },
    other: { system: vae, data, options: sampled },
    terms: { kl: parts },
  }),
);

const correlation = { totalCorrelation: ['totalCorrelation', 'withinGroups'] };
const groups: readonly Reduction[] = [
  {
    name: 'HFVAE at α = β = γ = 1 is VAE with the sampled KL',
    one: { system: hfvae, data: rows, options: { alpha: 1, beta: 1, gamma: 1, latent: 3 } },
    other: { system: vae, data: rows, options: { ...sampled, latent: 3 } },
    terms: { kl: [...parts, 'withinGroups'] },
  },
  {
    name: 'HFVAE with one group is β-TCVAE at β = HFVAE’s γ',
    one: { system: hfvae, data: images, options: { beta: 9, gamma: 5, latent: 3, groups: [3] } },
    other: { system: betaTcvae, data: images, options: { beta: 5, latent: 3 } },
    terms: correlation,
  },
  {
    name: 'HFVAE with groups of one is β-TCVAE at the same β',
    one: { system: hfvae, data: images, options: { beta: 5, gamma: 9, latent: 3, groups: [1, 1, 1] } },
    other: { system: betaTcvae, data: images, options: { beta: 5, latent: 3 } },
    terms: correlation,
  },
];

export const disentanglement: readonly Reduction[] = [
  ...burgess,
  ...dip,
  ...factor,
  ...totalCorrelation,
  ...groups,
];
