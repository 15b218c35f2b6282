/**
 * The networks of the published f-VAE, whose code has as many numbers as the picture x:
 *
 *   y = E(x) + σ₁ u,  z = F(y),  x̂ = G(y)
 *
 * E squeezes the picture levels − 1 times, with residual blocks after each; G goes the other way; F has `levels` levels.
 * None of the blocks does anything at first. G ends in a tanh, and reads y = F⁻¹(z), which in training is at hand: F is
 * inverted only for new samples. Source: Su & Wu 2018 (arXiv:1809.05861) and the code of its author. There the blocks
 * are as wide as their input, which for grey pictures is four channels; here they are `couplingChannels` wide at least.
 */
import { batchNorm, conv, filled, type Layer, relu, residual, type Scope, sequential } from '../nn/index.js';
import { DiagonalNormal, FlowPosterior, multiScale, squeeze, unsqueeze } from '../probability/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';
import type { FlowParts, FlowVaeOptions } from './fVae.js';
import { likelihoodFor } from './likelihoods.js';
import { networkOptions } from './options.js';

export function pictureFlow(data: DataDescription, options: FlowVaeOptions, scope: Scope): FlowParts {
  requirePictures(data, options);
  if (data.holes)
    throw new OptionError(
      'flow',
      'paper takes whole pictures, and of these some numbers are missing; use flow general',
    );
  refuseNetworks(options);
  const { levels, flowSteps: steps, couplingChannels: hidden } = options;
  const [height, width, channels] = data.shape;
  const squeezes = Array.from({ length: levels - 1 }, (_, i) => channels * 4 ** (i + 1));
  const blocks = (width: number) => new Array<Layer>(steps).fill(block(width, Math.max(width, hidden)));
  const E = sequential(...squeezes.flatMap((width) => [() => squeeze, ...blocks(width)]))(
    scope.child('encoder'),
  );
  const G = sequential(...squeezes.toReversed().flatMap((width) => [...blocks(width), () => unsqueeze]))(
    scope.child('decoder'),
  );
  const scale = 2 ** (levels - 1);
  const shape = [height / scale, width / scale, channels * scale ** 2];
  const flow = multiScale({ shape, levels, steps, hidden })(scope.child('flow'));
  const logSigma = scope.child('noise').variable('logSigma', [], filled(0));
  const output = likelihoodFor(data, { ...options, likelihood: 'gaussian' }, scope.child('likelihood'));
  const pixels = (y: Tensor) => G(y).tanh().add(1).mul(0.5);
  return {
    latent: sizeOf(data.shape),
    posterior: (x) => {
      const mean = E(x.mul(2).sub(1));
      return new FlowPosterior({ base: new DiagonalNormal({ mean, logVar: logSigma.mul(2) }), flow });
    },
    reconstruct: ({ y }) => output.distribution(pixels(y)),
    likelihood: (z) => {
      const lead = z.shape.slice(0, -1);
      const y = flow.inverse(z.reshape([-1, z.shape[z.rank - 1]]));
      return output.distribution(pixels(y).reshape([...lead, ...data.shape]));
    },
  };
}

/** Two convolutions beside the identity, 3×3 and 1×1, the second one 0 at first. */
function block(channels: number, hidden: number): Layer {
  return residual(
    sequential(
      conv({ filters: hidden, kernel: 3, bias: false }),
      batchNorm(),
      relu,
      conv({ filters: channels, kernel: 1, weight: filled(0) }),
    ),
  );
}

function requirePictures({ spec, shape }: DataDescription, { levels, likelihood, sigma }: FlowVaeOptions) {
  if (spec.kind !== 'image')
    throw new OptionError('flow', `paper is for pictures; use general for ${KINDS[spec.kind]}`);
  const [height, width] = shape;
  const unit = 4 ** (levels - 1);
  if (height % unit !== 0 || width % unit !== 0) {
    const needed = `${levels} levels need sides that ${unit} divides, and pictures are ${height}×${width}`;
    throw new OptionError(
      'levels',
      `${needed}; resize them, take fewer levels (2 or more) or use flow general`,
    );
  }
  if (likelihood !== 'auto' && likelihood !== 'gaussian')
    throw new OptionError('likelihood', 'flow paper explains pictures by a gaussian; use flow general');
  if (sigma === 'perDim')
    throw new OptionError('sigma', 'flow paper has one σ for all pixels; use fixed, shared or optimal');
}

/** @throws OptionError naming an option of encoders and decoders that this system does not have */
function refuseNetworks(options: FlowVaeOptions): void {
  const usual = networkOptions.parse({});
  for (const name of networkOptions.keyof().options) {
    if (options[name] !== usual[name])
      throw new OptionError(name, 'has no effect with flow paper; leave it out or use flow general');
  }
}
