/** Systems that are probabilistic PCA when their networks are linear: a list that tests run through. */

import { type Layer, linear } from '../nn/index.js';
import { betaVae, cmma, cvae, hierarchicalVae, iwae, piwae, type System, vae } from '../systems/index.js';
import { numericTable, type Toy, toy } from './models.js';

/** All sign combinations of (2, 1, ½): mean 0 and covariance exactly diag(4, 1, ¼). */
const DEVIATIONS = [2, 1, 0.5];
export const corners = Array.from({ length: 8 }, (_, i) =>
  DEVIATIONS.map((s, j) => (i & (1 << j) ? s : -s)),
).flat();
export const data = toy(numericTable(3), corners);
const labelled = toy(numericTable(3), corners, new Array(8).fill(0));

/** The user's own layers: nothing before the heads, and one matrix to the mean. */
export const identity: Layer = () => (x) => x;
export const linearLayers = {
  encoder: identity,
  decoder: linear(3),
  likelihood: 'gaussian',
  logVarBound: 0,
};

export interface LinearCase {
  readonly name: string;
  readonly system: System;
  readonly options: Record<string, unknown>;
  readonly given: Toy;
  /** Whether the code's prior is learned, in `priorMean` and `priorLogVar`. */
  readonly hasLearnedPrior?: boolean;
}

export const linearCases: readonly LinearCase[] = [
  { name: 'vae', system: vae, options: { sigma: 'shared' }, given: data },
  { name: 'vae with the analytic optimum of σ', system: vae, options: { sigma: 'optimal' }, given: data },
  {
    name: 'vae with two draws and the sampled KL',
    system: vae,
    options: { sigma: 'shared', samples: 2, kl: 'sampled' },
    given: data,
  },
  { name: 'beta-vae at β = 1', system: betaVae, options: { sigma: 'shared', beta: 1 }, given: data },
  {
    name: 'cvae with one class and a standard prior',
    system: cvae,
    options: { sigma: 'shared', prior: 'standard' },
    given: labelled,
  },
  { name: 'iwae with one draw', system: iwae, options: { sigma: 'shared', k: 1 }, given: data },
  {
    name: 'iwae with three draws and the doubly reparameterised gradient',
    system: iwae,
    options: { sigma: 'shared', k: 3, gradient: 'dreg' },
    given: data,
  },
  { name: 'piwae', system: piwae, options: { sigma: 'shared', m: 2, k: 2 }, given: data },
  {
    name: 'cmma with one class',
    system: cmma,
    options: { sigma: 'shared', priorHidden: [] },
    given: labelled,
    hasLearnedPrior: true,
  },
  {
    name: 'hierarchical-vae with one group',
    system: hierarchicalVae,
    options: { sigma: 'shared', latents: [1], warmupSteps: 0 },
    given: data,
  },
];
