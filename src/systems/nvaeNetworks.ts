/**
 * NVAE's networks (Vahdat & Kautz 2020, fig. 2 and appendix A, arXiv:2007.03898): a tower of convolutional cells from the
 * picture up, whose features are kept for every group of the code, and one from a learned map at the top down to the
 * picture, which draws the groups on its way.
 *
 *   up     stem 3×3 → blocks of cells that halve the picture → cells of each group, halving between scales
 *   down   learned map → for each group: cells → p(z_l|z_<l) by ELU · 1×1; with the features of that height q(z_l|x, z_<l)
 *          as a change to it by 3×3; z_l joined by 1×1 → doubling between scales → blocks that double → ELU · 3×3
 *
 * Nothing of x comes to the way down but through a code.
 */
import {
  activations,
  decoderCell,
  encoderCell,
  gaussian,
  type Layer,
  normalisedConv,
  type Scope,
  sequential,
} from '../nn/index.js';
import {
  boundedNormalOf,
  type ChainPlace,
  DiagonalNormal,
  NormalChain,
  type NormalOutputs,
  repeatedFor,
  residual,
} from '../probability/index.js';
import { concat, type Shape, sizeOf, split, type Tensor, zeros } from '../tensor/index.js';

export interface NvaeNetworksOptions {
  /** Number of groups of every scale, from the top. */
  readonly groups: readonly number[];
  /** Channels of the stem; every halving doubles them. */
  readonly channels: number;
  /** Channels of every group's code. */
  readonly latentChannels: number;
  readonly cellsPerGroup: number;
  /** Halvings of the picture before the lowest scale. */
  readonly halvings: number;
  /** Cells before and after each of them, itself included. */
  readonly cellsPerHalving: number;
  /** Whether the top group's prior has deviation 1.01, as in the reference implementation. */
  readonly referenceQuirks: boolean;
}

export interface NvaeNetworks {
  /** Lengths of the groups' codes, flattened, from the top. */
  readonly sizes: readonly number[];
  posterior(x: Tensor): NormalChain;
  prior(count: number): NormalChain;
  /** What the likelihood takes, for codes by group [rows, d_l]; [rows, ...output]. */
  output(codes: readonly Tensor[]): Tensor;
}

/** Channels inside a cell beyond the groups, per channel. */
const OUTER_EXPANSION = 3;
/** N(0, 1), as outputs. */
const standard = (shape: Shape): NormalOutputs => ({ mean: zeros(shape), logDeviation: zeros(shape) });

/**
 * @param sample [height, width, channels]
 * @param output [height, width, channels] of what the likelihood takes
 */
export function nvaeNetworks(
  sample: Shape,
  output: Shape,
  options: NvaeNetworksOptions,
  scope: Scope,
): NvaeNetworks {
  const { channels, latentChannels, cellsPerGroup, halvings, cellsPerHalving } = options;
  const scaleOf = options.groups.flatMap((count, scale) => new Array<number>(count).fill(scale));
  const last = scaleOf.length - 1;
  const scales = options.groups.length;
  const frame = paddedTo(sample, 2 ** (halvings + scales - 1));
  /** Times the picture has been halved at a scale. */
  const depth = (scale: number) => halvings + scales - 1 - scale;
  const width = (scale: number) => channels * 2 ** depth(scale);
  const mapOf = (scale: number): Shape => frame.side.map((side) => side / 2 ** depth(scale));
  const codeMap = (group: number): Shape => [...mapOf(scaleOf[group]), latentChannels];
  const repeat = (count: number, layer: Layer): Layer[] => new Array<Layer>(count).fill(layer);

  const up = scope.child('encoder');
  const stem = sequential(
    normalisedConv({ filters: channels, kernel: 3 }),
    ...Array.from({ length: halvings }, (_, i) => {
      const filters = channels * 2 ** (i + 1);
      return sequential(
        ...repeat(cellsPerHalving - 1, encoderCell({ filters: filters / 2 })),
        encoderCell({ filters, resolution: 'half' }),
      );
    }),
  )(up.child('stem'));
  const climb = scaleOf.map((scale, group) => {
    const filters = width(scale);
    const isFirstOfScale = group === last || scaleOf[group + 1] !== scale;
    const halve = isFirstOfScale && group !== last ? [encoderCell({ filters, resolution: 'half' })] : [];
    return sequential(
      ...halve,
      ...repeat(cellsPerGroup, encoderCell({ filters })),
    )(up.child(`group${group + 1}`));
  });
  const summit = sequential(
    activations.elu,
    normalisedConv({ filters: width(0), kernel: 1 }),
    activations.elu,
  )(up.child('top'));

  /** The features of every group's height, from the top. */
  const features = (x: Tensor): Tensor[] => {
    const seen: Tensor[] = [];
    let h = stem(frame.pad(x).mul(2).sub(1));
    for (let group = last; group >= 0; group--) {
      h = climb[group](h);
      seen[group] = h;
    }
    seen[0] = summit(seen[0]);
    return seen;
  };

  const down = scope.child('decoder');
  const start = down.variable('start', [...mapOf(0), width(0)], gaussian(1));
  const enter = scaleOf.map((scale, group) => {
    const filters = width(scale);
    const isLower = group > 0 && scaleOf[group - 1] !== scale;
    const double = isLower ? [decoderCell({ filters, resolution: 'double' })] : [];
    return sequential(
      ...double,
      ...repeat(cellsPerGroup, decoderCell({ filters })),
    )(down.child(`group${group + 1}`));
  });
  const join = scaleOf.map((scale, group) =>
    normalisedConv({ filters: width(scale), kernel: 1 })(down.child(`join${group + 1}`)),
  );
  const priors = scaleOf.map((_, group) =>
    sequential(
      activations.elu,
      normalisedConv({ filters: 2 * latentChannels, kernel: 1 }),
    )(down.child(`prior${group + 1}`)),
  );
  const meet = scaleOf.map((scale, group) =>
    normalisedConv({ filters: width(scale), kernel: 1 })(up.child(`meet${group + 1}`)),
  );
  const posteriors = scaleOf.map((_, group) =>
    normalisedConv({ filters: 2 * latentChannels, kernel: 3 })(up.child(`posterior${group + 1}`)),
  );
  const finish = sequential(
    ...Array.from({ length: halvings }, (_, i) => {
      const filters = channels * 2 ** (halvings - 1 - i);
      const outer = { filters, expansion: OUTER_EXPANSION };
      return sequential(
        decoderCell({ ...outer, resolution: 'double' }),
        ...repeat(cellsPerHalving - 1, decoderCell(outer)),
      );
    }),
    activations.elu,
    normalisedConv({ filters: output[2], kernel: 3 }),
  )(down.child('picture'));

  const top = (rows: number) => start.expandDims(0).broadcastTo([rows, ...start.shape]);
  const after = (group: number, above: Tensor, code: Tensor): Tensor =>
    join[group](concat([above, code.reshape([code.shape[0], ...codeMap(group)])]));
  const outputs = (map: Tensor): NormalOutputs => {
    const [mean, logDeviation] = split(map, [latentChannels, latentChannels]);
    return { mean: mean.flatten(), logDeviation: logDeviation.flatten() };
  };

  const chain = (batch: number, normal: (group: number, above: Tensor) => DiagonalNormal) => {
    const place = (group: number, above: Tensor): ChainPlace => ({
      normal: normal(group, above),
      next: (code) => place(group + 1, enter[group + 1](after(group, above, code))),
    });
    return new NormalChain({ batch, sizes, start: (rows) => place(0, top(rows)) });
  };
  const sizes = scaleOf.map((_, group) => sizeOf(codeMap(group)));
  const priorOutputs = (group: number, above: Tensor): NormalOutputs =>
    group === 0 ? standard([above.shape[0], sizes[0]]) : outputs(priors[group](above));

  return {
    sizes,
    posterior: (x) => {
      const seen = features(x);
      return chain(x.shape[0], (group, above) => {
        const own = repeatedFor(above.shape[0], seen[group]);
        const both = group === 0 ? own : own.add(meet[group](above));
        const change = outputs(posteriors[group](both));
        return boundedNormalOf(residual(priorOutputs(group, above), change));
      });
    },
    prior: (count) =>
      chain(count, (group, above) =>
        group === 0 && !options.referenceQuirks
          ? DiagonalNormal.standard([above.shape[0], sizes[0]])
          : boundedNormalOf(priorOutputs(group, above)),
      ),
    output: (codes) => {
      let above = top(codes[0].shape[0]);
      for (let group = 0; group < last; group++) above = enter[group + 1](after(group, above, codes[group]));
      return frame.crop(finish(after(last, above, codes[last])));
    },
  };
}

/** Zeros around pictures, as evenly as can be, so that both sides are multiples of a number; and the way back. */
function paddedTo([height, width]: Shape, multiple: number) {
  const side = [height, width].map((length) => multiple * Math.ceil(length / multiple));
  const around = [height, width].map((length, axis): readonly [number, number] => {
    const more = side[axis] - length;
    return [Math.floor(more / 2), Math.ceil(more / 2)];
  });
  return {
    side,
    pad: (x: Tensor) => x.pad([[0, 0], ...around, [0, 0]]),
    crop: (x: Tensor) =>
      x.sliceAlong(1, around[0][0], around[0][0] + height).sliceAlong(2, around[1][0], around[1][0] + width),
  };
}
