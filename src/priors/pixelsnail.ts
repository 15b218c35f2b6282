/** PixelSNAIL over the index maps of a code. */
import { z } from 'zod';
import { OptionError, positiveInteger } from '../systems/index.js';
import { conditionalOption, requireClasses } from './conditional.js';
import { gridModel } from './grids/gridModel.js';
import { conditionBlocksOption, headChannelsOption, oddInteger } from './grids/options.js';
import { pixelSnail } from './grids/pixelSnail.js';
import { gridPrior } from './prior.js';

export const pixelsnail = gridPrior({
  name: 'pixelsnail',
  title: 'PixelSNAIL',
  paper:
    'Chen, Mishra, Rohaninejad & Abbeel, ICML 2018, arXiv:1712.09763; on codes: Razavi et al. 2019, arXiv:1906.00446',
  objective: String.raw`-\log p(k) = -\sum_i \log p(k_i | k_{<i})`,
  summary:
    'As pixelcnn, with attention to everything before: whole shapes that hold together, for more time.',
  value: 'density',
  isTrained: true,
  options: z.object({
    channels: positiveInteger()
      .default(64)
      .describe('channels of the features, and length of an embedded index'),
    blocks: positiveInteger().default(2).describe('blocks, each of which ends with attention'),
    units: positiveInteger().default(2).describe('gated residual units of a block'),
    kernel: oddInteger().default(5).describe('width of the kernels'),
    heads: positiveInteger().default(8).describe('heads of the attention; they divide the channels'),
    attended: z
      .number()
      .int()
      .nonnegative()
      .default(1024)
      .describe('maps of more positions than this have no attention, whose memory grows with their square'),
    headChannels: headChannelsOption(),
    conditionBlocks: conditionBlocksOption(),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('probability of dropping a hidden unit in training'),
    conditional: conditionalOption(),
  }),
  isConditional: ({ conditional }) => conditional,
  require({ conditional, channels, heads }, codes) {
    requireClasses(conditional, codes);
    if (channels % heads !== 0)
      throw new OptionError(
        'heads',
        `${channels} channels do not divide into ${heads} heads; change one of them`,
      );
  },
  training: () => ({ learningRate: 1e-3 }),
  build: (
    codes,
    { channels, blocks, units, kernel, heads, attended, dropout, conditional, ...options },
    scope,
  ) =>
    gridModel(
      codes,
      {
        ...options,
        embedding: channels,
        isConditional: conditional,
        network: (inputs, positions, own) =>
          pixelSnail(
            { inputs, channels, blocks, units, kernel, heads: positions > attended ? 0 : heads, dropout },
            own,
          ),
      },
      scope,
    ),
});
