/**
 * The residual cells of NVAE (Vahdat & Kautz 2020, §3.1 and appendix A, arXiv:2007.03898): pictures
 * [batch, height, width, channels], every branch weighed down to a tenth and added to its input.
 *
 *   encoder   x + 0.1 · SE(([BN · Swish · 3×3] × 2)(x))
 *   decoder   x + 0.1 · SE((BN · 1×1 to e C channels · BN · Swish · depthwise 5×5 · BN · Swish · 1×1 · BN)(x))
 *
 * Convolutions are weight-normalised but for those of the depthwise cell, whose outputs are normalised anyway.
 */
import { concat, type Tensor } from '../tensor/index.js';
import { type ConvolutionOptions, conv, upsampleNearest } from './convolution.js';
import { activations, type Layer, type Network, sequential } from './layer.js';
import { batchNorm } from './normalisation.js';
import { upsampleLinear } from './resample.js';
import type { Scope } from './scope.js';
import { squeezeExcite } from './squeezeExcite.js';

const MOMENTUM = 0.05;
const BRANCH = 0.1;

const norm = () => batchNorm({ momentum: MOMENTUM });
const swish = activations.silu;
const identity = activations.identity;

/** A weight-normalised convolution. */
export const normalisedConv = (options: ConvolutionOptions): Layer => conv({ ...options, weightNorm: true });

export interface CellOptions {
  /** Channels of the result. */
  filters: number;
  /** `half` or `double` the positions along both axes. @default same */
  resolution?: 'same' | 'half' | 'double';
}

/** A cell of two 3×3 convolutions, for the way up from the picture. */
export function encoderCell({ filters, resolution = 'same' }: CellOptions): Layer {
  const stride = resolution === 'half' ? 2 : 1;
  const branch = sequential(
    norm(),
    swish,
    normalisedConv({ filters, kernel: 3, stride }),
    norm(),
    swish,
    normalisedConv({ filters, kernel: 3 }),
    squeezeExcite,
  );
  return cell(branch, skip({ filters, resolution }));
}

export interface DecoderCellOptions extends CellOptions {
  /** Channels inside per channel of the result. @default 6 */
  expansion?: number;
}

/** A cell around a depthwise 5×5 convolution, which sees far at little cost, for the way down from the code. */
export function decoderCell({ filters, resolution = 'same', expansion = 6 }: DecoderCellOptions): Layer {
  const inside = expansion * filters;
  const bare = { bias: false };
  const branch = sequential(
    resolution === 'double' ? () => (x) => upsampleNearest(x, 2) : identity,
    norm(),
    conv({ filters: inside, kernel: 1, ...bare }),
    norm(),
    swish,
    conv({ filters: inside, kernel: 5, groups: inside, ...bare }),
    norm(),
    swish,
    conv({ filters, kernel: 1, ...bare }),
    norm(),
    squeezeExcite,
  );
  return cell(branch, skip({ filters, resolution }));
}

function cell(branch: Layer, skipped: Layer): Layer {
  return (scope: Scope): Network => {
    const [changed, kept] = [branch(scope.child('branch')), skipped(scope.child('skip'))];
    return (x) => kept(x).add(changed(x).mul(BRANCH));
  };
}

function skip({ filters, resolution = 'same' }: CellOptions): Layer {
  if (resolution === 'half') return halved(filters);
  if (resolution === 'double')
    return sequential(() => upsampleLinear, normalisedConv({ filters, kernel: 1 }));
  return identity;
}

/**
 * Half the resolution: 1×1 convolutions of stride 2 that begin at the four corners of a 2×2 block, after Swish, joined as
 * channels, so that every position is looked at by one of them.
 */
function halved(filters: number): Layer {
  const share = [0, 1, 2, 3].map((i) => Math.floor((filters + i) / 4));
  return (scope) => {
    const quarters = share.map((width, i) =>
      normalisedConv({ filters: width, kernel: 1, stride: 2 })(scope.child(String(i))),
    );
    return (x) => {
      const y = x.mul(x.sigmoid());
      const from = (row: number, column: number): Tensor =>
        y.sliceAlong(1, row, y.shape[1]).sliceAlong(2, column, y.shape[2]);
      const corners = [from(0, 0), from(1, 1), from(0, 1), from(1, 0)];
      return concat(corners.map((corner, i) => quarters[i](corner)));
    };
  };
}
