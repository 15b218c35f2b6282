/**
 * The stacked denoising autoencoder: layer upon layer, each trained to denoise what the layers below it make of clean
 * samples.
 *
 *   layer l       Σ_i ℓ(h_i, ĥ_i(h̃)),  h = h^{l−1}(x) without noise and held fixed,  h̃ ~ M(h̃|h)
 *   h^l           σ(W_l h^{l−1} + b_l),  h⁰ = x
 *   fine-tuning   −log softmax(V h^L + c)_y, or ℓ(x, x̂) through all layers and back, of clean samples
 *
 * ℓ is the cross-entropy where the layer's input lies in [0, 1], and the squared error for the columns of a table.
 *
 * Source: Vincent et al., JMLR 11, 2010.
 */
import { z } from 'zod';
import { pictureOf } from '../data/index.js';
import { linear, type Network, type Scope } from '../nn/index.js';
import { Categorical } from '../probability/index.js';
import { type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { tiedMlp } from './architectures/tied.js';
import { costs } from './autoencoder.js';
import { corrupt, corruption, corruptionOptions } from './corruption.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { networkOptions, nonNegative, positiveInteger } from './options.js';
import { type Moves, only, type Phase, type Stage, stage } from './phases.js';
import { type Batch, system } from './system.js';
import { penalty, type Terms } from './terms.js';

const EPOCHS_PER_LAYER = 15;
/** Noise from the first layer on; the last level serves all others. */
const LEVELS = [0.1, 0.2, 0.3];

const stackedOptions = z.object({
  layers: z
    .array(positiveInteger())
    .min(1)
    .default([1000, 1000, 1000])
    .describe('units of the layers, from the data to the code'),
  levels: z
    .array(nonNegative())
    .optional()
    .describe('noise of each layer while it learns (default: 0.1, 0.2, and 0.3 from the third on)'),
  noise: corruptionOptions.shape.noise,
  tied: z.boolean().default(true).describe('decode with the transposes of the layers’ weights'),
  epochsPerLayer: positiveInteger()
    .optional()
    .describe(
      'epochs of each layer and of fine-tuning (default: 15, or equal parts of a run of given length)',
    ),
  finetune: z
    .enum(['none', 'classify', 'unfold'])
    .default('none')
    .describe(
      'what follows the layers: nothing, a classifier of the code, or all layers and decoders together',
    ),
});

type StackedOptions = z.output<typeof stackedOptions>;

export const stackedDae = system({
  name: 'stacked-dae',
  title: 'Stacked denoising autoencoder',
  paper: 'Vincent et al., JMLR 11, 2010',
  objective: String.raw`\mathbb{E}_{y \sim M(y|h)} \sum_i L(h_i, f_l(g_l(y))_i),\; h = g_{l-1}(\dots g_1(x))`,
  summary:
    'Denoising layers trained one upon the other, then together or for classification: features without labels.',
  needsLabels: ({ finetune }) => finetune === 'classify',
  options: stackedOptions,
  training: (options) => ({ epochs: partsOf(options) * (options.epochsPerLayer ?? EPOCHS_PER_LAYER) }),
  require({ options: { epochsPerLayer }, run }) {
    if (epochsPerLayer === undefined || !run.isLengthGiven) return;
    throw new OptionError(
      'epochsPerLayer',
      'is the length of the run, as steps and epochs are; give one of them',
    );
  },
  build(data, options, scope) {
    const { layers: widths, finetune } = options;
    const layers = stackOf(data, options, scope);
    const encode = (x: Tensor) => layers.reduce((h, layer) => layer.encode(h), x);
    const decode = (code: Tensor) => layers.reduceRight((h, layer) => layer.mean(layer.decode(h)), code);
    /** Through all layers and back, clean. */
    const unfolded = ({ x }: Batch): Terms => {
      const [first, ...others] = layers;
      const h1 = others.reduceRight((h, layer) => layer.mean(layer.decode(h)), encode(x));
      return { reconstruction: first.cost(first.decode(h1), x) };
    };
    const head = scope.child('head');
    const logits = linear(data.classes)(head);
    const classified = ({ x, labels }: Batch): Terms => {
      if (!labels) throw new OptionError('finetune', 'classify needs samples with labels');
      const scores = logits(encode(x));
      const isWrong = scores.argMax().equal(labels).not().cast('float32');
      return { classification: new Categorical(scores).nll(labels), error: penalty(0, isWrong) };
    };

    const share = 1 / partsOf(options);
    const isLast = (l: number) => l === layers.length - 1 && finetune === 'none';
    const pretraining = layers.map((layer, l) => {
      const below = (x: Tensor) =>
        layers
          .slice(0, l)
          .reduce((h, { encode }) => encode(h), x)
          .stopGradient();
      const name = `layer${l + 1}`;
      return stage(`layer ${l + 1}`, isLast(l) ? undefined : share, {
        name,
        moves: only(scope.child(name)),
        objective: ({ x }) => ({ reconstruction: layer.denoise(below(x)) }),
      });
    });
    const encoders: Moves = (path) => layers.some(({ ofEncoder }) => ofEncoder(path));
    const fineTuning: Record<StackedOptions['finetune'], readonly Phase[]> = {
      none: [],
      classify: [
        {
          name: 'classify',
          moves: (path) => encoders(path) || only(head)(path),
          objective: classified,
          optimizer: { optimizer: 'sgd', learningRate: 0.1 },
        },
      ],
      unfold: [
        {
          name: 'unfold',
          moves: () => true,
          objective: unfolded,
          optimizer: { optimizer: 'adam', learningRate: 1e-4 },
        },
      ],
    };
    const stages: Stage[] = [
      ...pretraining,
      ...fineTuning[finetune].map((phase) => stage('fine-tuning', undefined, phase)),
    ];
    return {
      codeShape: [widths[widths.length - 1]],
      objective: finetune === 'classify' ? classified : unfolded,
      encode: ({ x }) => encode(x),
      decode,
      corrupt: ({ x }) => layers[0].corrupt(x),
      stages,
    };
  },
});

/** Layers, and fine-tuning. */
function partsOf({ layers, finetune }: StackedOptions): number {
  return layers.length + (finetune === 'none' ? 0 : 1);
}

interface DenoisingLayer {
  /** σ(W h + b). */
  encode: Network;
  /** What the cost takes. */
  decode: Network;
  /** The layer's input that an output of `decode` stands for. */
  mean: Network;
  corrupt: Network;
  /** [batch] */
  cost(output: Tensor, h: Tensor): Tensor;
  /** The cost of what is restored from h with noise, [batch]. */
  denoise: Network;
  /** W and b. */
  ofEncoder: Moves;
}

function stackOf(data: DataDescription, options: StackedOptions, scope: Scope): DenoisingLayer[] {
  const { layers: widths, noise } = options;
  const levels = levelsOf(options);
  return widths.map((units, l) => {
    const shape = l === 0 ? data.shape : [widths[l - 1]];
    const { encode, decode, ofEncoder } = coder(shape, units, options, scope.child(`layer${l + 1}`));
    const { of, mean } = costs[l === 0 && !pictureOf(data.spec) ? 'mse' : 'bernoulli'];
    const noiseOptions = corruptionOptions.parse({ noise, level: levels[l] });
    const spoil =
      l === 0 ? corruption(data, noiseOptions) : (h: Tensor) => corrupt(h, noiseOptions, 'corruption');
    const cost = (output: Tensor, h: Tensor) => of(output, h).sumOverEvent();
    return {
      encode,
      decode,
      mean,
      ofEncoder,
      cost,
      corrupt: (h) => spoil(h).corrupted,
      denoise: (h) => cost(decode(encode(spoil(h).corrupted)), h),
    };
  });
}

/** One sigmoid layer and its way back. */
function coder(
  shape: Shape,
  units: number,
  { tied }: StackedOptions,
  scope: Scope,
): Pick<DenoisingLayer, 'encode' | 'decode' | 'ofEncoder'> {
  if (tied) {
    const noHidden = networkOptions.parse({ architecture: 'mlp', hidden: [] });
    const { encode, decode } = tiedMlp(shape, units, noHidden, scope);
    const { path } = scope.child('0');
    const names = [`${path}.weight`, `${path}.bias`];
    return { encode: (h) => encode(h).sigmoid(), decode, ofEncoder: (name) => names.includes(name) };
  }
  const encoder = scope.child('encoder');
  const [to, back] = [linear(units)(encoder), linear(sizeOf(shape))(scope.child('decoder'))];
  return {
    encode: (h) => to(h.flatten()).sigmoid(),
    decode: (code) => back(code).reshape([code.shape[0], ...shape]),
    ofEncoder: only(encoder),
  };
}

function levelsOf({ layers, levels, noise }: StackedOptions): readonly number[] {
  if (!levels) return layers.map((_, l) => LEVELS[Math.min(l, LEVELS.length - 1)]);
  if (levels.length !== layers.length) {
    const counts = `has ${levels.length} levels for ${layers.length} layers`;
    throw new OptionError('levels', `${counts}; give one for each layer`);
  }
  const tooMuch = levels.find((level) => noise !== 'gaussian' && level > 1);
  if (tooMuch === undefined) return levels;
  throw new OptionError('levels', `are shares of the entries with ${noise} noise; ${tooMuch} is more than 1`);
}
