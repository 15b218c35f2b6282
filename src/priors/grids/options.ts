/** Options that autoregressive priors have in common. */
import { positiveInteger } from '../../systems/index.js';

export const oddInteger = () =>
  positiveInteger().refine((value) => value % 2 === 1, 'a kernel has a middle, so its width is odd');

export const headChannelsOption = () =>
  positiveInteger().default(256).describe('channels of the layer before the logits');

export const conditionBlocksOption = () =>
  positiveInteger()
    .default(3)
    .describe('residual blocks of the network that is told the coarser maps, where there are several');
