/** Reductions among the autoencoders without a prior. */
import { ae, contractiveAe, dae, kSparseAe, sparseAe, stackedDae } from '../../systems/index.js';
import { images, type Reduction, rows } from './row.js';

const withoutNoise = (
  [
    [images, 'masking'],
    [images, 'saltAndPepper'],
    [images, 'gaussian'],
    [rows, 'gaussian'],
  ] as const
).map(
  ([data, noise]): Reduction => ({
    name: `denoising with no ${noise} noise is AE (${data.spec.kind})`,
    one: { system: dae, data, options: { noise, level: 0 } },
    other: { system: ae, data },
  }),
);

const sigmoid = { codeActivation: 'sigmoid' };
const withoutPenalty: readonly Reduction[] = [
  {
    name: 'sparse at β = 0 is AE',
    one: { system: sparseAe, data: images, options: { beta: 0 } },
    other: { system: ae, data: images, options: sigmoid },
  },
  {
    name: 'sparse with L1 at β = 0 is AE',
    one: { system: sparseAe, data: rows, options: { beta: 0, mode: 'l1', codeActivation: 'relu' } },
    other: { system: ae, data: rows, options: { codeActivation: 'relu' } },
  },
  ...['exact', 'hutchinson', 'finite'].map(
    (jacobian): Reduction => ({
      name: `contractive at λ = 0 is AE (${jacobian})`,
      one: { system: contractiveAe, data: images, options: { lambda: 0, jacobian } },
      other: { system: ae, data: images, options: sigmoid },
    }),
  ),
];

const withAllUnits: Reduction = {
  name: 'k-sparse with k = latent is the tied linear AE',
  one: { system: kSparseAe, data: images, options: { k: 2 } },
  other: { system: ae, data: images, options: { tied: true, hidden: [] } },
};

const noise = { noise: 'masking', level: 0.3 };
const stacked = { layers: [2], levels: [0.3] };
const stackOfOne: readonly Reduction[] = [
  {
    name: 'a stack of one tied layer is DAE',
    one: { system: stackedDae, data: images, options: stacked, phase: 'layer1' },
    other: {
      system: dae,
      data: images,
      options: { ...noise, ...sigmoid, tied: true, hidden: [], cost: 'bernoulli' },
    },
    rename: {
      'layer1.0.weight': 'tied.0.weight',
      'layer1.0.bias': 'tied.0.bias',
      'layer1.0.biasBack': 'tied.0.biasBack',
    },
  },
  {
    name: 'a stack of one layer is DAE (table)',
    one: { system: stackedDae, data: rows, options: { ...stacked, tied: false }, phase: 'layer1' },
    other: { system: dae, data: rows, options: { ...noise, ...sigmoid, hidden: [] } },
    rename: {
      'layer1.encoder.weight': 'code.weight',
      'layer1.encoder.bias': 'code.bias',
      'layer1.decoder.weight': 'decoder.0.weight',
      'layer1.decoder.bias': 'decoder.0.bias',
    },
  },
];

export const autoencoders: readonly Reduction[] = [
  ...withoutNoise,
  ...withoutPenalty,
  withAllUnits,
  ...stackOfOne,
];
