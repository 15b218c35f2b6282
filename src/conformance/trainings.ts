/** Small models and their training steps, to be run on every engine: a dense VAE, and a convolutional one. */
import {
  activations,
  batchNorm,
  conv,
  dropout,
  flatten,
  groupNorm,
  heUniform,
  layerNorm,
  linear,
  reshape,
  residual,
  type Scope,
  sequential,
  transposedConv,
  VariableTable,
} from '../nn/index.js';
import {
  Bernoulli,
  DiagonalNormal,
  DiscretisedLogistic,
  type Distribution,
  kl,
} from '../probability/index.js';
import { grad, input, Program, split, step, type Tensor, Variable } from '../tensor/index.js';

export interface Training {
  /** Feeds `x`, with values in [0, 1]; gives `loss` and its parts; refuses a step whose loss is not finite. */
  readonly program: Program;
  readonly shape: readonly number[];
}

interface Networks {
  encode: (x: Tensor) => Tensor;
  likelihood: (z: Tensor) => Distribution;
}

const LATENT = 3;
const MOMENTUM = 0.9;

/** Momentum descent on −ELBO, with a learning rate that falls with the step's number. */
function training(shape: readonly number[], networks: (scope: Scope) => Networks): Training {
  const scope = new VariableTable().scope({ training: true });
  const { encode, likelihood } = networks(scope);
  const x = input('x', shape);
  const [mean, logVar] = split(encode(x), [LATENT, LATENT]);
  const q = new DiagonalNormal({ mean, logVar });
  const reconstruction = likelihood(q.rsample()).nll(x).mean();
  const divergence = kl(q, DiagonalNormal.standard([shape[0], LATENT])).mean();
  const loss = reconstruction.add(divergence);
  const weights = scope.variables.filter((variable) => variable.trainable);
  const rate = step().cast('float32').mul(0.1).add(1).pow(-1).mul(0.01);
  const updates = new Map(scope.updates);
  for (const [i, gradient] of grad(loss, weights).entries()) {
    const { name, shape: of } = weights[i];
    const velocity = new Variable(`velocity/${name}`, of, ([...lengths]) => {
      return new Float32Array(lengths.reduce((size, length) => size * length, 1));
    });
    const next = velocity.mul(MOMENTUM).add(gradient);
    updates.set(velocity, next);
    updates.set(weights[i], weights[i].sub(next.mul(rate)));
  }
  const program = new Program({
    outputs: { loss, reconstruction, divergence },
    updates,
    guard: loss.isFinite(),
  });
  return { program, shape };
}

/** 20-11-3-11-20, with layer normalisation, on Bernoulli data. */
export function denseVae(): Training {
  return training([8, 20], (scope) => ({
    encode: sequential(
      linear(11, { weight: heUniform }),
      layerNorm(),
      activations.tanh,
      linear(2 * LATENT),
    )(scope.child('encoder')),
    likelihood: (z) =>
      new Bernoulli(sequential(linear(11), activations.relu, linear(20))(scope.child('decoder'))(z)),
  }));
}

/** 7×6 pictures of 2 channels, with every normalisation, dropout, a residual block, on grey levels. */
export function convolutionalVae(): Training {
  return training([4, 7, 6, 2], (scope) => ({
    encode: sequential(
      conv({ filters: 6, kernel: 4, stride: 2 }),
      batchNorm(),
      activations.relu,
      dropout(0.2),
      residual(sequential(conv({ filters: 6, kernel: 3 }), groupNorm(2), activations.silu)),
      flatten,
      linear(2 * LATENT),
    )(scope.child('encoder')),
    likelihood: (z) => {
      const decode = sequential(
        linear(4 * 3 * 6),
        reshape([4, 3, 6]),
        batchNorm(),
        activations.elu,
        transposedConv({ filters: 2, kernel: 4, stride: 2, space: [7, 6] }),
        activations.tanh,
      )(scope.child('decoder'));
      const location = decode(z);
      return new DiscretisedLogistic({ location, logScale: location.mul(0).sub(1) });
    },
  }));
}
