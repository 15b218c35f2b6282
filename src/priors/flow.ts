/**
 * Autoregressive flows as priors, of which one direction is fast:
 *
 *   maf   densities in one pass, draws in d steps    u_i = (z_i − μ_i(z_<i)) e^(−a_i(z_<i))
 *   iaf   draws in one pass, densities in d steps    z_i = (u_i − μ_i(u_<i)) e^(−a_i(u_<i))
 *
 * Layers of them, with the order of the numbers reversed from one to the next, and batch normalisation between. Normalising
 * does not count as a layer: with a reversal after each of the two, all layers would have one order.
 */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import {
  autoregressive,
  batchNormFlow,
  FlowDistribution,
  type FlowLayer,
  flowSequence,
  inverted,
  reversal,
} from '../probability/index.js';
import { positiveInteger } from '../systems/index.js';
import { oneHot, type Tensor } from '../tensor/index.js';
import { conditionalOption, requireClasses, requireLabels } from './conditional.js';
import type { VectorCodes } from './description.js';
import { type PriorModel, vectorPrior } from './prior.js';

const options = z.object({
  layers: positiveInteger().default(5).describe('autoregressive layers'),
  hidden: z.array(positiveInteger()).default([100, 100]).describe('widths of the hidden layers of each'),
  activation: z.enum(['relu', 'tanh', 'elu']).default('relu').describe('activation of the hidden layers'),
  batchNorm: z.boolean().default(true).describe('batch normalisation between the layers'),
  conditional: conditionalOption(),
});
type FlowOptions = z.output<typeof options>;

function flowOf(
  { layers, hidden, activation, batchNorm }: FlowOptions,
  turn: (layer: FlowLayer) => FlowLayer,
) {
  const one = turn(autoregressive({ hidden, activation }));
  return flowSequence(
    ...Array.from({ length: layers }, (_, i) => [
      ...(i > 0 ? [reversal] : []),
      one,
      ...(batchNorm ? [batchNormFlow] : []),
    ]).flat(),
  );
}

function model(codes: VectorCodes, flowLayer: FlowLayer, isConditional: boolean, scope: Scope): PriorModel {
  const flow = flowLayer(scope);
  const contextOf = (labels: Tensor | undefined) =>
    isConditional ? oneHot(requireLabels(labels), codes.data.classes) : undefined;
  const distribution = (count: number, labels?: Tensor) =>
    new FlowDistribution({ flow, shape: [count, codes.size], context: contextOf(labels) });
  return {
    objective: ({ x, labels }) => ({ nll: distribution(x.shape[0], labels).logProb(x).neg() }),
    distribution,
  };
}

const shared = {
  value: 'density' as const,
  isTrained: true,
  options,
  isConditional: ({ conditional }: FlowOptions) => conditional,
  require: ({ conditional }: FlowOptions, codes: VectorCodes) => requireClasses(conditional, codes),
  training: () => ({ learningRate: 5e-4 }),
};

export const maf = vectorPrior({
  ...shared,
  name: 'maf',
  title: 'Masked autoregressive flow',
  paper: 'Papamakarios, Pavlakou & Murray, NeurIPS 2017, arXiv:1705.07057',
  objective: String.raw`-\log p(z) = -\log N(F(z); 0, I) + \sum_l \sum_i a_{li}`,
  summary:
    'A flow with the exact density of codes in one pass; each draw takes a step for every number of a code.',
  build: (codes, given, scope) =>
    model(
      codes,
      flowOf(given, (layer) => layer),
      given.conditional,
      scope,
    ),
});

export const iaf = vectorPrior({
  ...shared,
  name: 'iaf',
  title: 'Inverse autoregressive flow',
  paper: 'Kingma et al., NeurIPS 2016, arXiv:1606.04934; as a density: Papamakarios et al. 2017, §2.4',
  objective: String.raw`-\log p(z) = -\log N(F(z); 0, I) - \sum_l \sum_i a_{li}`,
  summary:
    'A flow that draws codes in one pass; each density, and so each step of training, takes a step for every number.',
  build: (codes, given, scope) => model(codes, flowOf(given, inverted), given.conditional, scope),
});
