/** Small systems with several phases, second batches and stages, for the tests of what trains them. */
import { z } from 'zod';
import { filled, linear } from '../nn/index.js';
import {
  allBut,
  autoencoder,
  autoencoderOptions,
  type Batch,
  crossEntropy,
  discriminator,
  fake,
  gaussianVae,
  inTurn,
  only,
  type Phase,
  penalty,
  real,
  stage,
  system,
  together,
  vaeModel,
  vaeOptions,
} from '../systems/index.js';
import { constant, randomNormal, randomUniform, split, type Tensor, takeAlongLast } from '../tensor/index.js';

const about = { title: 'toy', paper: 'none', objective: 'x', summary: 'A toy.' };

function permuted(z: Tensor): Tensor {
  const rows = z.swapLastAxes();
  const order = randomUniform('permutation', rows.shape).topK(rows.shape[1]);
  return takeAlongLast(rows, order).swapLastAxes();
}

/** A VAE beside a critic of its codes: two phases together, on two batches. */
export const criticised = system({
  ...about,
  name: 'criticised',
  options: vaeOptions.extend({ gamma: z.number().default(3).describe('weight of the critic') }),
  build(data, { gamma, ...options }, scope) {
    const parts = gaussianVae(data, options, scope);
    const model = vaeModel(parts, options, 1);
    const adversary = scope.child('discriminator');
    const logits = discriminator({ hidden: [8], outputs: 2 })(adversary);
    const objective = (batch: Batch) => {
      const [joint, apart] = split(logits(parts.posterior(batch.x).rsample()), [1, 1]);
      return { ...model.objective(batch), totalCorrelation: penalty(gamma, joint.sub(apart).sum(1)) };
    };
    const critic: Phase = {
      name: 'discriminator',
      moves: only(adversary),
      optimizer: { learningRate: 3e-3, beta1: 0.5, beta2: 0.9 },
      objective({ x, second }) {
        if (!second) throw new Error('a second batch is asked for');
        const z = parts.posterior(x).rsample().stopGradient();
        const other = parts.posterior(second.x).rsample({ stream: 'second posterior' }).stopGradient();
        return {
          classification: crossEntropy(logits(z), 0)
            .add(crossEntropy(logits(permuted(other)), 1))
            .mul(0.5),
        };
      },
    };
    const vae: Phase = { name: 'vae', moves: allBut(adversary), objective };
    return { ...model, objective, secondBatch: true, stages: [together(vae, critic)] };
  },
});

/** An autoencoder whose codes, with some noise, are to pass for a prior's: three phases in turn. */
export const adversarial = system({
  ...about,
  name: 'adversarial',
  options: autoencoderOptions,
  build(data, options, scope) {
    const { latent, encode, decode, mean, cost, moves } = autoencoder(data, options, scope);
    const adversary = scope.child('discriminator');
    const D = discriminator({ hidden: [8] })(adversary);
    const code = (x: Tensor) => {
      const z = encode(x);
      return scope.training ? z.add(randomNormal('code', z.shape).mul(0.1)) : z;
    };
    const reconstruct = ({ x }: Batch) => ({ reconstruction: cost(decode(code(x)), x).sumOverEvent() });
    const optimizer = { learningRate: 2e-3, beta1: 0.5 } as const;
    return {
      codeShape: [latent],
      objective: reconstruct,
      encode: ({ x }) => encode(x),
      decode: (z) => mean(decode(z)),
      stages: [
        inTurn(
          { name: 'reconstruction', moves: allBut(adversary), objective: reconstruct },
          {
            name: 'discriminator',
            moves: only(adversary),
            optimizer,
            objective: ({ x }) => ({
              discrimination: real(D(randomNormal('prior', [x.shape[0], latent])))
                .add(fake(D(code(x).stopGradient())))
                .mul(0.5),
            }),
          },
          {
            name: 'generator',
            moves: moves.encoder,
            optimizer,
            objective: ({ x }) => ({ deception: penalty(1, real(D(code(x)))) }),
          },
        ),
      ],
    };
  },
});

/** Two linear maps, trained one after the other and then both; the second one only every third step. */
export const staged = system({
  ...about,
  name: 'staged',
  options: z.object({
    every: z.number().default(1).describe('of the second stage'),
    /** Lowest step at which the second stage makes updates. */
    from: z.number().default(0).describe('of the second stage'),
  }),
  build(data, { every, from }, scope) {
    const inner = linear(2, { biasValue: filled(0.1) })(scope.child('inner'));
    const outer = linear(data.shape[0])(scope.child('outer'));
    const cost = (batch: Batch) => ({
      reconstruction: outer(inner(batch.x)).sub(batch.x).square().sumOverEvent(),
    });
    const phase = (name: string, ...paths: string[]): Phase => ({
      name,
      moves: only(...paths.map((path) => scope.child(path))),
      objective: cost,
    });
    const clock = scope.clock?.step ?? constant(0);
    return {
      codeShape: [2],
      objective: cost,
      encode: ({ x }) => inner(x),
      decode: (code) => outer(code),
      stages: [
        stage('inner', 0.25, phase('inner', 'inner')),
        stage('outer', 10, {
          ...phase('outer', 'outer'),
          every,
          ...(from > 0 ? { when: () => clock.greaterEqual(from) } : {}),
        }),
        stage('both', undefined, phase('both', 'inner', 'outer')),
      ],
    };
  },
});
