/** The gated PixelCNN over the index maps of a code. */
import { z } from 'zod';
import { positiveInteger } from '../systems/index.js';
import { conditionalOption, requireClasses } from './conditional.js';
import { gatedPixelCnn } from './grids/gatedPixelCnn.js';
import { gridModel } from './grids/gridModel.js';
import { conditionBlocksOption, headChannelsOption, oddInteger } from './grids/options.js';
import { gridPrior } from './prior.js';

export const pixelcnn = gridPrior({
  name: 'pixelcnn',
  title: 'Gated PixelCNN',
  paper: 'van den Oord et al., NeurIPS 2016, arXiv:1606.05328; on codes: NeurIPS 2017, arXiv:1711.00937',
  objective: String.raw`-\log p(k) = -\sum_i \log p(k_i | k_{<i})`,
  summary:
    'Indices one after the other, each given those above and to its left: what makes a VQ-VAE generate.',
  value: 'density',
  isTrained: true,
  options: z.object({
    layers: positiveInteger().default(8).describe('gated layers'),
    channels: positiveInteger()
      .default(64)
      .describe('channels of both stacks, and length of an embedded index'),
    firstKernel: oddInteger().default(7).describe('width of the first layer’s kernel'),
    kernel: oddInteger().default(5).describe('width of the others’ kernels'),
    headChannels: headChannelsOption(),
    conditionBlocks: conditionBlocksOption(),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('probability of dropping a gated unit in training'),
    conditional: conditionalOption(),
  }),
  isConditional: ({ conditional }) => conditional,
  require: ({ conditional }, codes) => requireClasses(conditional, codes),
  training: () => ({ learningRate: 1e-3 }),
  build: (codes, { layers, channels, firstKernel, kernel, dropout, conditional, ...options }, scope) =>
    gridModel(
      codes,
      {
        ...options,
        embedding: channels,
        isConditional: conditional,
        network: (inputs, _, own) =>
          gatedPixelCnn({ inputs, layers, channels, firstKernel, kernel, dropout }, own),
      },
      scope,
    ),
});
