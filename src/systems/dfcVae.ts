/**
 * Deep feature consistent VAE: reconstructions are compared by what a feature network Φ sees in them.
 *
 *   w_Φ Σ_l 1/(2 C_l H_l W_l) ‖Φ_l(x) − Φ_l(x̂)‖² + w_x ‖x − x̂‖² + w_KL KL(q(z|x) ‖ p(z))
 *
 * Φ comes out of an ONNX file, or is trained on the data in the first part of the run, on its classes or on tasks made of
 * the pictures themselves; from then on it stands still, and it is kept in the run. Layers differ in scale by orders of magnitude, so by default each is
 * divided by its mean over the first 100 batches.
 *
 * Source: Hou, Shen, Sun & Qiu 2017 (arXiv:1610.00291), §3.2. There Φ is VGG-19, trained on other pictures, no layer
 * is divided by anything, and the weights are those of its scale. Ours makes errors of the first batches cost about what
 * they cost under a likelihood: with a weight of 1 the KL would outweigh them, and the code would carry nothing.
 */
import { z } from 'zod';
import { filled, onFirst, type Scope } from '../nn/index.js';
import { sizeOf, stack, type Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { expectedLossOptions, expectedLossVae, pictureVae } from './expectedLoss.js';
import { givenFeatures, isGivenNetwork } from './features/given.js';
import { type FeatureMaps, featureNetwork } from './features/network.js';
import { supervision, taughtClasses } from './features/supervision.js';
import { nonNegative } from './options.js';
import { allBut, only, type Stage, stage } from './phases.js';
import { inSteps } from './schedules.js';
import { type Batch, system } from './system.js';
import { penalty, type Terms } from './terms.js';

/** Batches whose mean feature errors become the units of their layers. */
const MEASURED_BATCHES = 100;
/** Keeps a layer that never fires from dividing by 0. */
const SMALLEST_UNIT = 1e-12;

const LEVELS = ['level1', 'level2', 'level3'] as const;

const options = expectedLossOptions.extend({
  features: z
    .union([z.string(), z.custom(isGivenNetwork, 'a feature network has a method run')])
    .optional()
    .describe('ONNX file of a feature network (default: one is trained on the data)'),
  featureTensors: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('names of the tensors in that file that compare, the finest first (default: its outputs)'),
  featureMean: z
    .array(z.number())
    .min(1)
    .optional()
    .describe('what is taken off intensities in [0, 1] for that network, for each channel (default: 0)'),
  featureStd: z
    .array(z.number().positive())
    .min(1)
    .optional()
    .describe('what they are then divided by (default: 1)'),
  featureLength: z
    .number()
    .positive()
    .default(0.25)
    .describe('how long a feature network is trained first: steps, or below 1 a part of the run'),
  layers: z
    .array(z.enum(LEVELS))
    .min(1)
    .default([...LEVELS])
    .describe('levels of a trained feature network that compare, the finest first'),
  featureWeight: nonNegative()
    .optional()
    .describe('weight of each level’s error (default: number of values in a sample over number of levels)'),
  klWeight: nonNegative().default(1).describe('weight of the KL term'),
  pixelWeight: nonNegative().default(0).describe('weight of the squared error of the pixels, summed'),
  normalise: z
    .boolean()
    .default(true)
    .describe('divide every layer’s error by its mean over the first 100 batches; without, as the paper'),
});

type Options = z.output<typeof options>;

export const dfcVae = system({
  name: 'dfc-vae',
  title: 'DFC-VAE',
  paper: 'Hou, Shen, Sun & Qiu, WACV 2017, arXiv:1610.00291',
  objective: String.raw`w_\Phi \sum_l \frac{1}{2 C_l H_l W_l} \|\Phi_l(x) - \Phi_l(\hat{x})\|^2 + w_{KL}\,KL(q(z|x)\,\|\,p(z))`,
  summary: 'A VAE for pictures that compares them by the features of a network trained on them beforehand.',
  options,
  build(data, given, scope) {
    const { features, featureTensors, featureMean, featureStd, featureLength, layers, ...rest } = given;
    const { featureWeight, klWeight, pixelWeight, normalise, ...vaeOptions } = rest;
    const parts = pictureVae(data, vaeOptions, scope);
    const featureScope = scope.child('features');
    const { count, maps, learning } = featuresOf(given, data, featureScope);
    const compare = featureDistance(maps.features, normalise ? scope.child('featureScale') : undefined);
    if (normalise && scope.clock) {
      // Until then losses are in units that change, and none is the best.
      const start = learning ? inSteps(featureLength, scope.clock.totalSteps) : 0;
      scope.addRamp({ name: 'feature measurement', end: start + MEASURED_BATCHES });
    }
    const weight = featureWeight ?? sizeOf(data.shape) / count;
    const model = expectedLossVae(parts, (y, x) => compare(y, x).mul(weight), klWeight);
    const objective: typeof model.objective = ({ x }) => {
      const terms = model.objective({ x });
      if (pixelWeight === 0) return terms;
      const y = model.decode(parts.posterior(x).rsample());
      return { ...terms, pixels: penalty(pixelWeight, y.sub(x).square().sumOverEvent()) };
    };
    const vae = stage('vae', undefined, { name: 'vae', moves: allBut(featureScope), objective });
    return { ...model, objective, stages: [...(learning ? [learning] : []), vae] };
  },
});

interface Features {
  /** How many maps compare. */
  readonly count: number;
  readonly maps: FeatureMaps;
  /** The part of the run in which they are learned, if they are. */
  readonly learning?: Stage;
}

/** @throws OptionError if an option has no effect with the network at hand, or the network does not take the data */
function featuresOf(given: Options, data: DataDescription, scope: Scope): Features {
  const { features, featureTensors: tensors, featureMean: mean, featureStd: deviation } = given;
  const refuse = (names: readonly (keyof Options)[], because: string) => {
    const usual = options.parse({});
    const vain = names.find((name) => String(given[name]) !== String(usual[name]));
    if (vain) throw new OptionError(vain, `has no effect ${because}; leave it out`);
  };
  if (isGivenNetwork(features)) {
    refuse(['featureLength', 'layers'], 'with a feature network that is given');
    const maps = givenFeatures(features, data, { tensors, mean, deviation }, scope);
    return { count: maps.names.length, maps };
  }
  if (features !== undefined)
    throw new OptionError(
      'features',
      `${features} is the name of a file, which cannot be read here; give an OnnxNetwork of its bytes`,
    );
  refuse(['featureTensors', 'featureMean', 'featureStd'], 'without features');
  const { layers, featureLength } = given;
  const network = featureNetwork(taughtClasses(data.classes), scope);
  const learn = {
    name: 'features',
    moves: only(scope),
    optimizer: { optimizer: 'adam', learningRate: 1e-3 } as const,
    objective: (batch: Batch): Terms => supervision(network, batch, data.classes),
  };
  return {
    count: layers.length,
    maps: {
      features: (x) => network.features(x).filter((_, i) => layers.some((name) => name === LEVELS[i])),
    },
    learning: stage('features', featureLength, learn),
  };
}

/**
 * Σ_l ½ mean(Φ_l(x) − Φ_l(y))² over each picture's own values of each layer, [batch].
 *
 * @param features Φ; its value for x is taken as it is, and no gradient reaches it
 * @param scales   where given, layers are divided by their mean over the first batches of the training
 */
export function featureDistance(
  features: (x: Tensor) => readonly Tensor[],
  scales?: Scope,
): (y: Tensor, x: Tensor) => Tensor {
  const scaled = scales ? inMeasuredUnits(scales) : (errors: readonly Tensor[]) => errors;
  return (y, x) => {
    const targets = features(x);
    const errors = features(y).map((map, l) => {
      const error = map.sub(targets[l].stopGradient()).square().flatten();
      return error.mean(1).mul(0.5);
    });
    return scaled(errors).reduce((sum, error) => sum.add(error));
  };
}

/** Each layer's errors, [batch], over their mean in the first batches of the training, this one among them. */
function inMeasuredUnits(scope: Scope): (errors: readonly Tensor[]) => Tensor[] {
  const variables = onFirst((errors: Tensor) => ({
    means: scope.variable('means', errors.shape, filled(1), { trainable: false }),
    batches: scope.variable('batches', [], filled(0), { trainable: false }),
  }));
  return (errors) => {
    const now = stack(errors.map((error) => error.mean())).stopGradient();
    const { means, batches } = variables(now);
    const units = scope.training
      ? batches.less(MEASURED_BATCHES).where(towards(means, now, batches), means)
      : means;
    if (scope.training) {
      scope.update(means, units);
      scope.update(batches, batches.add(1).min(MEASURED_BATCHES));
    }
    return errors.map((error, l) => error.div(units.sliceAlong(0, l, l + 1).max(SMALLEST_UNIT)));
  };
}

/** The mean of one more number, of which there were `count` before. */
const towards = (mean: Tensor, next: Tensor, count: Tensor) => mean.add(next.sub(mean).div(count.add(1)));
