/**
 * Deep feature consistent VAE: reconstructions are compared by what a feature network Φ sees in them.
 *
 *   w_Φ Σ_l 1/(2 C_l H_l W_l) ‖Φ_l(x) − Φ_l(x̂)‖² + w_x ‖x − x̂‖² + w_KL KL(q(z|x) ‖ p(z))
 *
 * Φ is trained on the data in the first part of the run, on its classes or on tasks made of the pictures themselves, and
 * stands still from then on; it is kept in the run. Layers differ in scale by orders of magnitude, so by default each is
 * divided by its mean over the first 100 batches.
 *
 * Source: Hou, Shen, Sun & Qiu 2017 (arXiv:1610.00291), §3.2. There Φ is VGG-19, trained on other pictures, no layer
 * is divided by anything, and the weights are those of its scale. Ours makes errors of the first batches cost about what
 * they cost under a likelihood: with a weight of 1 the KL would outweigh them, and the code would carry nothing.
 */
import { z } from 'zod';
import { filled, onFirst, type Scope } from '../nn/index.js';
import { sizeOf, stack, type Tensor } from '../tensor/index.js';
import { expectedLossOptions, expectedLossVae, pictureVae } from './expectedLoss.js';
import { featureNetwork } from './features/network.js';
import { supervision, taughtClasses } from './features/supervision.js';
import { nonNegative } from './options.js';
import { allBut, only, stage } from './phases.js';
import { inSteps } from './schedules.js';
import { system } from './system.js';
import { penalty, type Terms } from './terms.js';

/** Batches whose mean feature errors become the units of their layers. */
const MEASURED_BATCHES = 100;
/** Keeps a layer that never fires from dividing by 0. */
const SMALLEST_UNIT = 1e-12;

export const dfcVae = system({
  name: 'dfc-vae',
  title: 'DFC-VAE',
  paper: 'Hou, Shen, Sun & Qiu, WACV 2017, arXiv:1610.00291',
  objective: String.raw`w_\Phi \sum_l \frac{1}{2 C_l H_l W_l} \|\Phi_l(x) - \Phi_l(\hat{x})\|^2 + w_{KL}\,KL(q(z|x)\,\|\,p(z))`,
  summary: 'A VAE for pictures that compares them by the features of a network trained on them beforehand.',
  options: expectedLossOptions.extend({
    featureLength: z
      .number()
      .positive()
      .default(0.25)
      .describe('how long the feature network is trained first: steps, or below 1 a part of the run'),
    layers: z
      .array(z.enum(['level1', 'level2', 'level3']))
      .min(1)
      .default(['level1', 'level2', 'level3'])
      .describe('levels of the feature network that compare, the finest first'),
    featureWeight: nonNegative()
      .optional()
      .describe('weight of each level’s error (default: number of values in a sample over number of levels)'),
    klWeight: nonNegative().default(1).describe('weight of the KL term'),
    pixelWeight: nonNegative().default(0).describe('weight of the squared error of the pixels, summed'),
    normalise: z
      .boolean()
      .default(true)
      .describe('divide every layer’s error by its mean over the first 100 batches; without, as the paper'),
  }),
  build(data, { featureLength, layers, featureWeight, klWeight, pixelWeight, normalise, ...options }, scope) {
    const parts = pictureVae(data, options, scope);
    const featureScope = scope.child('features');
    const network = featureNetwork(taughtClasses(data.classes), featureScope);
    const chosen = (x: Tensor) =>
      network.features(x).filter((_, i) => layers.some((name) => name === `level${i + 1}`));
    const compare = featureDistance(chosen, normalise ? scope.child('featureScale') : undefined);
    if (normalise && scope.clock) {
      // Until then losses are in units that change, and none is the best.
      const end = inSteps(featureLength, scope.clock.totalSteps) + MEASURED_BATCHES;
      scope.addRamp({ name: 'feature measurement', end });
    }
    const weight = featureWeight ?? sizeOf(data.shape) / layers.length;
    const model = expectedLossVae(parts, (y, x) => compare(y, x).mul(weight), klWeight);
    const objective: typeof model.objective = ({ x }) => {
      const terms = model.objective({ x });
      if (pixelWeight === 0) return terms;
      const y = model.decode(parts.posterior(x).rsample());
      return { ...terms, pixels: penalty(pixelWeight, y.sub(x).square().sumOverEvent()) };
    };
    const learn = {
      name: 'features',
      moves: only(featureScope),
      optimizer: { optimizer: 'adam', learningRate: 1e-3 } as const,
      objective: (batch: Parameters<typeof supervision>[1]): Terms =>
        supervision(network, batch, data.classes),
    };
    const vae = { name: 'vae', moves: allBut(featureScope), objective };
    return {
      ...model,
      objective,
      stages: [stage('features', featureLength, learn), stage('vae', undefined, vae)],
    };
  },
});

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
