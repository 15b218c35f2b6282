/**
 * The adversarial autoencoder, phases in turn within every step:
 *
 *   reconstruction  Σ_i c(x_i, x̂_i)
 *   discriminator   ½ [ softplus(−D(z_p)) + softplus(D(z)) ],   z_p ~ p(z)
 *   generator       softplus(−D(z)), which moves the encoder only
 *
 * With classes y, either D and the prior are told them, so that each class gets a part of the prior of its own
 * (supervision prior, §2.3; samples of unknown class get the whole prior), or the decoder is, so that codes leave them
 * out (supervision decoder, §4), or the encoder says them: the code is then (z, y) with y = softmax(h(x)), a second
 * discriminator tells y from one-hot draws of Cat(1/K), and
 *
 *   semi     −log y_k of samples whose class k is known, in batches of their own, as a last phase (§5)
 *   cluster  nothing more: K groups that the encoder finds by itself (§6)
 *
 * Source: Makhzani et al. 2015 (arXiv:1511.05644).
 */
import { z as schema } from 'zod';
import { UNKNOWN } from '../data/index.js';
import { activations } from '../nn/index.js';
import { codePrior, codePriorNames, hasParts } from '../probability/index.js';
import { concat, constant, oneHot, type Tensor } from '../tensor/index.js';
import { categoricalCode } from './categoricalCode.js';
import { crossEntropy, discriminator, fake, real } from './discriminator.js';
import { OptionError } from './errors.js';
import { latentFor, matchedAutoencoder, matchedOptions } from './matchedAutoencoder.js';
import { nonNegative, positiveInteger } from './options.js';
import { allBut, inTurn, type Moves, only, type Phase } from './phases.js';
import { type Batch, type CodePrior, type Model, system } from './system.js';
import { penalty, type Terms } from './terms.js';

const DEFAULT_CLUSTERS = 16;

export const aae = system({
  name: 'aae',
  title: 'AAE',
  paper: 'Makhzani, Shlens, Jaitly, Goodfellow & Frey, 2015, arXiv:1511.05644',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2 - \log \sigma(D(g(x)))`,
  summary:
    'An autoencoder whose codes are told from draws of a prior by a discriminator that it learns to deceive; it can learn classes from few labels.',
  needsLabels: ({ supervision }) => ['prior', 'decoder', 'semi'].includes(supervision),
  takesUnknown: ({ supervision }) => ['prior', 'semi'].includes(supervision),
  takesHoles: true,
  options: matchedOptions.omit({ tied: true }).extend({
    prior: schema
      .enum(codePriorNames)
      .default('normal')
      .describe('what codes should look like; all but normal and square are shapes of codes of length 2'),
    supervision: schema
      .enum(['none', 'prior', 'decoder', 'semi', 'cluster'])
      .default('none')
      .describe(
        'what classes are for: nothing; the discriminator is told them, each having its own part of a mixture or swissRoll prior; the decoder is, whose codes then leave them out; the encoder learns to say them, from the samples that have a label; or it finds clusters by itself',
      ),
    clusters: positiveInteger()
      .optional()
      .describe(`groups that supervision cluster looks for (default: ${DEFAULT_CLUSTERS})`),
    discriminator: schema
      .array(positiveInteger())
      .default([1000, 1000])
      .describe('widths of the discriminators’ layers'),
    adversarialLearningRate: schema
      .number()
      .positive()
      .default(2e-4)
      .describe('step size of the optimisers of the discriminator and of the generator phase'),
    adversarialWeight: nonNegative().default(1).describe('weight of the generator phase’s loss'),
  }),
  training: () => ({ batchSize: 100 }),
  build(data, options, scope) {
    const { supervision, clusters, prior: kind, discriminator: hidden, posterior, ...rest } = options;
    const { adversarialLearningRate, adversarialWeight, ...networks } = rest;
    if (supervision === 'prior' && !hasParts(kind)) {
      throw new OptionError(
        'supervision',
        `${kind} has no parts for classes; use prior mixture or swissRoll`,
      );
    }
    if (supervision !== 'cluster' && clusters !== undefined)
      throw new OptionError('clusters', `has no effect with supervision ${supervision}; leave it out`);
    const latent = latentFor(kind, networks.latent);
    const parts = matchedAutoencoder(
      data,
      { ...networks, ...(latent ? { latent } : {}), posterior, tied: false },
      scope,
    );
    const says = { semi: data.classes, cluster: clusters ?? DEFAULT_CLUSTERS, none: 0, prior: 0, decoder: 0 };
    const count = says[supervision];
    const category = count > 0 ? categoricalCode({ count, kind, hidden, parts }, scope) : undefined;
    const { posterior: q } = parts;
    const told = (codes: Tensor, labels: Tensor | undefined) => {
      if (!labels)
        throw new OptionError('labels', `aae with supervision ${supervision} needs the class of each sample`);
      // Not to know the class is a class of its own, where that happens.
      const known = labels.less(0).where(data.classes, labels);
      return concat([codes, oneHot(known, data.classes + (data.hasUnknown ? 1 : 0))]);
    };

    /** p(z), or p(z|y) where D is told the class. */
    const priorOfZ = (size: number, labels?: Tensor) =>
      codePrior(
        kind,
        [size, parts.latent],
        supervision === 'prior' && labels ? { labels, parts: data.classes } : {},
      );
    const prior = (size: number, labels?: Tensor): CodePrior =>
      category ? category.prior([size, parts.latent], labels) : priorOfZ(size, labels);
    /** The whole code of samples, of which z is given. */
    const joined = (z: Tensor, x: Tensor) => (category ? concat([z, category.probs(x)]) : z);
    const decode = (code: Tensor, labels?: Tensor) =>
      parts.decode(supervision === 'decoder' ? told(code, labels) : code);
    const adversary = scope.child('discriminator');
    const network = discriminator({ hidden, activation: activations.relu })(adversary);
    const logits = (codes: Tensor, labels?: Tensor) =>
      network(supervision === 'prior' ? told(codes, labels) : codes);

    const reconstruction = ({ x, labels }: Batch) => ({
      reconstruction: parts.cost(decode(joined(parts.draw(x), x), labels), x).sumOverEvent(),
    });
    const deception = ({ x, labels }: Batch, weight: number): Terms => ({
      deception: penalty(weight, real(logits(parts.draw(x), labels))),
      ...(category ? { categoryDeception: penalty(weight, category.deception(x)) } : {}),
    });
    const discrimination = ({ x, labels }: Batch): Terms => {
      const drawn = priorOfZ(x.shape[0], labels).sample({ stream: 'prior' });
      const codes = parts.draw(x).stopGradient();
      return {
        discrimination: real(logits(drawn, labels))
          .add(fake(logits(codes, labels)))
          .mul(0.5),
        ...(category ? { categoryDiscrimination: category.discrimination(x) } : {}),
      };
    };
    /** −log p(y|x), and 0 where the class is not known. */
    const classification = ({ x, labels }: Batch): Terms => {
      if (!category || supervision !== 'semi') return {};
      const given = labels ?? constant(UNKNOWN, 'int32').broadcastTo([x.shape[0]]);
      return { classification: penalty(1, crossEntropy(category.logits(x), given)) };
    };

    const optimizer = { learningRate: adversarialLearningRate, beta1: 0.5 };
    const adversaries = [adversary, ...(category ? [category.adversary] : [])];
    const encoder: Moves = (path) => parts.moves.encoder(path) || category?.moves(path) === true;
    const phases: [Phase, ...Phase[]] = [
      { name: 'reconstruction', moves: allBut(...adversaries), objective: reconstruction },
      { name: 'discriminator', moves: only(...adversaries), optimizer, objective: discrimination },
      {
        name: 'generator',
        moves: encoder,
        optimizer,
        objective: (batch) => deception(batch, adversarialWeight),
      },
    ];
    if (supervision === 'semi') {
      const objective = ({ second }: Batch) => {
        if (!second)
          throw new Error('aae: the classification phase takes a second batch, of labelled samples');
        return classification(second);
      };
      phases.push({ name: 'classification', moves: encoder, objective });
    }
    const classifier: Model['classifier'] = category && {
      of: supervision === 'semi' ? 'classes' : 'clusters',
      logits: ({ x }) => category.logits(x),
    };
    return {
      codeShape: [parts.latent + count],
      // How well codes deceive says as much about the discriminator as about them, so it is reported and not paid for;
      // and the cost alone would choose a step at which codes do not yet look like the prior.
      objective: (batch) => ({ ...reconstruction(batch), ...deception(batch, 0), ...classification(batch) }),
      stages: [inTurn(...phases)],
      isGame: adversarialWeight > 0,
      encode: ({ x }) => joined(parts.encode(x), x),
      decode: (code, labels) => parts.mean(decode(code, labels)),
      prior,
      ...(q && !category ? { posterior: ({ x }: Batch) => q(x) } : {}),
      ...(classifier ? { classifier } : {}),
      ...(supervision === 'semi' ? { secondBatch: 'labelled' as const } : {}),
    };
  },
});
