/**
 * The contractive autoencoder: codes that change little where the sample does.
 *
 *   Σ_i ℓ(x_i, x̂_i) + λ ‖J(x)‖_F²,   J = ∂code/∂x
 *
 * Source: Rifai et al., ICML 2011.
 */
import { z } from 'zod';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { type AutoencoderOptions, autoencoder, autoencoderOptions } from './autoencoder.js';
import { OptionError } from './errors.js';
import {
  analyticSquare,
  asInput,
  exactSquare,
  finiteSquare,
  hutchinsonSquare,
  squaredSlopes,
} from './jacobianPenalty.js';
import { filtersOf, isOneLayer, oneLayerByDefault } from './oneLayer.js';
import { activationName, nonNegative, positiveInteger } from './options.js';
import { type Batch, system } from './system.js';
import { penalty } from './terms.js';

/** Up to so many backward passes, the exact penalty is worth its time. */
const FEW = 8;
const SMOOTHING = 0.01;

export const contractiveAe = system({
  name: 'contractive-ae',
  title: 'Contractive autoencoder',
  paper: 'Rifai et al., ICML 2011',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2 + \lambda \|\partial g / \partial x\|_F^2`,
  summary:
    'Pays for every direction in which the code follows the sample: codes that keep only how the data varies.',
  options: autoencoderOptions.extend({
    latent: positiveInteger().default(500).describe('length of a code'),
    codeActivation: activationName().default('sigmoid').describe('activation of the code'),
    lambda: nonNegative().default(0.1).describe('weight of the squared Frobenius norm of ∂code/∂x'),
    jacobian: z
      .enum(['auto', 'analytic', 'exact', 'hutchinson', 'finite'])
      .default('auto')
      .describe(
        'how that norm is computed: in closed form for one dense layer, by as many passes as the code or the sample ' +
          'has numbers, by random probes, or by differences; auto: the first that is cheap',
      ),
    probes: positiveInteger().default(1).describe('random probes per sample (hutchinson)'),
    probe: z
      .enum(['rademacher', 'gaussian'])
      .default('rademacher')
      .describe('distribution of a probe (hutchinson); rademacher has the smaller variance'),
    smoothing: z
      .number()
      .positive()
      .optional()
      .describe(`deviation of the differences (finite; default: ${SMOOTHING})`),
  }),
  build(data, { lambda, jacobian, probes, probe, smoothing, ...given }, scope) {
    const options = oneLayerByDefault(given);
    requireOwnJacobians(options);
    const { latent, encode, decode, mean, cost } = autoencoder(data, options, scope);
    const slope = slopeOf(options);
    const filters = () => filtersOf(encode, data.shape, scope);
    const form = jacobian === 'auto' ? cheapest(slope !== undefined, latent, sizeOf(data.shape)) : jacobian;
    if (smoothing !== undefined && form !== 'finite') {
      throw new OptionError('smoothing', `has no effect with jacobian ${form}; leave it out or use finite`);
    }
    const contraction = (x: Tensor, code: Tensor): Tensor => {
      switch (form) {
        case 'analytic':
          if (!slope) throw noClosedForm(options);
          return analyticSquare(code, filters(), slope);
        case 'exact':
          return exactSquare(encode, x, latent);
        case 'hutchinson':
          return hutchinsonSquare(code, x, probes, probe);
        case 'finite':
          return finiteSquare(encode, x, smoothing ?? SMOOTHING);
      }
    };
    return {
      codeShape: [latent],
      objective(batch: Batch) {
        const x = asInput(batch.x);
        const code = encode(x);
        return {
          reconstruction: cost(decode(code), x).sumOverEvent(),
          contraction: penalty(lambda, contraction(x, code)),
        };
      },
      encode: ({ x }) => encode(x),
      decode: (code) => mean(decode(code)),
      filters: isOneLayer(options) ? filters : undefined,
    };
  },
});

type Slope = (code: Tensor) => Tensor;

/** a′² of a code that is one dense layer with an activation whose derivative its value tells. */
function slopeOf(options: AutoencoderOptions): Slope | undefined {
  const slopes: Partial<Record<string, Slope>> = squaredSlopes;
  return isOneLayer(options) ? slopes[options.codeActivation] : undefined;
}

function cheapest(hasClosedForm: boolean, units: number, entries: number) {
  if (hasClosedForm) return 'analytic';
  return Math.min(units, entries) <= FEW ? 'exact' : 'hutchinson';
}

function noClosedForm({ codeActivation }: AutoencoderOptions): OptionError {
  const known = Object.keys(squaredSlopes).join(', ');
  return new OptionError(
    'jacobian',
    `analytic is for a code of one dense layer (architecture mlp, hidden none) with codeActivation ${known}, ` +
      `not ${codeActivation} or hidden layers; use exact or hutchinson`,
  );
}

function requireOwnJacobians({ normalisation }: AutoencoderOptions): void {
  if (normalisation !== 'batch') return;
  throw new OptionError(
    'normalisation',
    'batch makes a code depend on the other samples of its batch, and the penalty is about each sample’s own ' +
      'Jacobian; use layer, group or none',
  );
}
