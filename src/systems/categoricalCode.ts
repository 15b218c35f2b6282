/**
 * The part of an adversarial autoencoder's code that says which class or cluster a sample is of: y = softmax(h(x)), which
 * a discriminator of its own tells from one-hot draws of Cat(1/K).
 *
 * Source: Makhzani et al. 2015, §5 and §6 (arXiv:1511.05644).
 */
import { activations, linear, type Scope } from '../nn/index.js';
import { type CodePriorName, codePrior, codesFrom } from '../probability/index.js';
import {
  concat,
  constant,
  logSoftmax,
  oneHot,
  randomNormal,
  type Shape,
  split,
  type Tensor,
} from '../tensor/index.js';
import { discriminator, fake, real } from './discriminator.js';
import type { MatchedAutoencoder } from './matchedAutoencoder.js';
import { type Moves, only } from './phases.js';
import type { CodePrior } from './system.js';

export interface CategoricalCodeOptions {
  /** K. */
  readonly count: number;
  /** Prior of the rest of the code. */
  readonly kind: CodePriorName;
  /** Widths of the discriminator's layers. */
  readonly hidden: readonly number[];
  readonly parts: Pick<MatchedAutoencoder, 'features'>;
}

export interface CategoricalCode {
  /** h(x), [batch, K]. */
  logits(x: Tensor): Tensor;
  /** y, [batch, K]. */
  probs(x: Tensor): Tensor;
  /** softplus(−D(y)), [batch]. */
  deception(x: Tensor): Tensor;
  /** ½ [ softplus(−D(y_p)) + softplus(D(y)) ], [batch]. */
  discrimination(x: Tensor): Tensor;
  /** p(z, y) over codes [count, latent + K], y of the class that is given where it is known. @param shape of z */
  prior(shape: Shape, labels?: Tensor): CodePrior;
  readonly adversary: Scope;
  /** h */
  readonly moves: Moves;
}

export function categoricalCode(
  { count, kind, hidden, parts }: CategoricalCodeOptions,
  scope: Scope,
): CategoricalCode {
  const headScope = scope.child('category');
  const adversary = scope.child('categoryDiscriminator');
  const head = linear(count)(headScope);
  const D = discriminator({ hidden, activation: activations.relu })(adversary);
  const logits = (x: Tensor) => head(parts.features(x));
  const probs = (x: Tensor) => logSoftmax(logits(x)).exp();
  // The largest of K equal normal numbers is any of them with the same probability.
  const anyOf = (g: Tensor) => oneHot(g.argMax(), count);
  return {
    logits,
    probs,
    deception: (x) => real(D(probs(x))),
    discrimination(x) {
      const drawn = anyOf(randomNormal('prior category', [x.shape[0], count]));
      return real(D(drawn))
        .add(fake(D(probs(x).stopGradient())))
        .mul(0.5);
    },
    prior([size, latent], labels) {
      const given = (any: Tensor) =>
        labels ? labels.greaterEqual(0).expandDims(1).where(oneHot(labels, count), any) : any;
      const even = constant(1 / count).broadcastTo([size, count]);
      return {
        mean: concat([codePrior(kind, [size, latent]).mean, given(even)]),
        // Of one draw, so that an exported sampler takes noise of the code's shape as for every prior.
        sample({ stream = 'prior', draws } = {}) {
          const shape = [size, latent + count];
          const noise = randomNormal(stream, draws === undefined ? shape : [draws, ...shape]);
          const [g, h] = split(noise, [latent, count]);
          return concat([codesFrom(kind, g), given(anyOf(h))]);
        },
      };
    },
    adversary,
    moves: only(headScope),
  };
}
