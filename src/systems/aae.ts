/**
 * The adversarial autoencoder, three phases in turn within every step:
 *
 *   reconstruction  Σ_i c(x_i, x̂_i)
 *   discriminator   ½ [ softplus(−D(z_p)) + softplus(D(z)) ],   z_p ~ p(z)
 *   generator       softplus(−D(z)), which moves the encoder only
 *
 * With classes y, either D and the prior are told them, so that each class gets a part of the prior of its own
 * (supervision prior, §2.3), or the decoder is, so that codes leave them out (supervision decoder, §4).
 *
 * Source: Makhzani et al. 2015 (arXiv:1511.05644).
 */
import { z as schema } from 'zod';
import { activations } from '../nn/index.js';
import { codePrior, codePriorNames, hasParts } from '../probability/index.js';
import { concat, oneHot, type Tensor } from '../tensor/index.js';
import { discriminator, fake, real } from './discriminator.js';
import { OptionError } from './errors.js';
import { latentFor, matchedAutoencoder, matchedOptions } from './matchedAutoencoder.js';
import { nonNegative, positiveInteger } from './options.js';
import { allBut, inTurn, only, type Phase } from './phases.js';
import { type Batch, system } from './system.js';
import { penalty } from './terms.js';

export const aae = system({
  name: 'aae',
  title: 'AAE',
  paper: 'Makhzani, Shlens, Jaitly, Goodfellow & Frey, 2015, arXiv:1511.05644',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2 - \log \sigma(D(g(x)))`,
  summary:
    'An autoencoder whose codes are told from draws of a prior by a discriminator that it learns to deceive.',
  needsLabels: ({ supervision }) => supervision !== 'none',
  options: matchedOptions.omit({ tied: true }).extend({
    prior: schema
      .enum(codePriorNames)
      .default('normal')
      .describe('what codes should look like; all but normal and square are shapes of codes of length 2'),
    supervision: schema
      .enum(['none', 'prior', 'decoder'])
      .default('none')
      .describe(
        'who is told the class: nobody; the discriminator, each class having its own part of a mixture or swissRoll prior; or the decoder, whose codes then leave it out',
      ),
    discriminator: schema
      .array(positiveInteger())
      .default([1000, 1000])
      .describe('widths of the discriminator’s layers'),
    adversarialLearningRate: schema
      .number()
      .positive()
      .default(2e-4)
      .describe('step size of the optimisers of the discriminator and of the generator phase'),
    adversarialWeight: nonNegative().default(1).describe('weight of the generator phase’s loss'),
  }),
  training: () => ({ batchSize: 100 }),
  build(data, options, scope) {
    const { supervision, prior: kind, discriminator: hidden, posterior, ...rest } = options;
    const { adversarialLearningRate, adversarialWeight, ...networks } = rest;
    if (supervision === 'prior' && !hasParts(kind)) {
      throw new OptionError(
        'supervision',
        `${kind} has no parts for classes; use prior mixture or swissRoll`,
      );
    }
    const latent = latentFor(kind, networks.latent);
    const parts = matchedAutoencoder(
      data,
      { ...networks, ...(latent ? { latent } : {}), posterior, tied: false },
      scope,
    );
    const { posterior: q } = parts;
    const withClass = (codes: Tensor, labels: Tensor | undefined) => {
      if (labels) return concat([codes, oneHot(labels, data.classes)]);
      throw new OptionError('labels', `aae with supervision ${supervision} needs the class of each sample`);
    };

    const prior = (count: number, labels?: Tensor) =>
      codePrior(
        kind,
        [count, parts.latent],
        supervision === 'prior' && labels ? { labels, parts: data.classes } : {},
      );
    const decode = (code: Tensor, labels?: Tensor) =>
      parts.decode(supervision === 'decoder' ? withClass(code, labels) : code);
    const adversary = scope.child('discriminator');
    const network = discriminator({ hidden, activation: activations.relu })(adversary);
    const logits = (codes: Tensor, labels?: Tensor) =>
      network(supervision === 'prior' ? withClass(codes, labels) : codes);

    const reconstruction = ({ x, labels }: Batch) => ({
      reconstruction: parts.cost(decode(parts.draw(x), labels), x).sumOverEvent(),
    });
    const deception = ({ x, labels }: Batch, weight: number) => ({
      deception: penalty(weight, real(logits(parts.draw(x), labels))),
    });
    const discrimination = ({ x, labels }: Batch) => {
      const drawn = prior(x.shape[0], labels).sample({ stream: 'prior' });
      const codes = parts.draw(x).stopGradient();
      return {
        discrimination: real(logits(drawn, labels))
          .add(fake(logits(codes, labels)))
          .mul(0.5),
      };
    };

    const optimizer = { learningRate: adversarialLearningRate, beta1: 0.5 };
    const phases: [Phase, Phase, Phase] = [
      { name: 'reconstruction', moves: allBut(adversary), objective: reconstruction },
      { name: 'discriminator', moves: only(adversary), optimizer, objective: discrimination },
      {
        name: 'generator',
        moves: parts.moves.encoder,
        optimizer,
        objective: (batch) => deception(batch, adversarialWeight),
      },
    ];
    return {
      codeShape: [parts.latent],
      // How well codes deceive says as much about the discriminator as about them, so it is reported and not paid for;
      // and the cost alone would choose a step at which codes do not yet look like the prior.
      objective: (batch) => ({ ...reconstruction(batch), ...deception(batch, 0) }),
      stages: [inTurn(...phases)],
      isGame: adversarialWeight > 0,
      encode: ({ x }) => parts.encode(x),
      decode: (code, labels) => parts.mean(decode(code, labels)),
      prior,
      ...(q ? { posterior: ({ x }: Batch) => q(x) } : {}),
    };
  },
});
