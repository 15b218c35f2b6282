/**
 * The networks of a TD-VAE: frames go through an encoder into a recurrent network, whose state is the belief b_t, a
 * function of x_≤t alone; and four distributions over states, whose layers are drawn from the top,
 *
 *   p_B(z|b)      p_S(z1|z2, b_t1, b_t2, dt)      p_T(z2|z1, dt)      p_D(x|z),
 *
 * where a lower layer is told those above it at the same time. The first three are made of gated blocks
 *
 *   h = tanh(W1 u) ⊙ σ(W2 u),   mean W3 h, log-variance W4 h.
 *
 * Source: Gregor et al. 2019 (arXiv:1806.03107), §3 to 5.
 */
import { gru, linear, lstm, type Network, type Scope } from '../nn/index.js';
import { type ChainPlace, type DiagonalNormal, NormalChain, repeatedFor } from '../probability/index.js';
import { concat, type Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { decodeDraws, normalHead } from './gaussianVae.js';
import type { SampleDistribution } from './likelihood.js';
import { likelihoodFor } from './likelihoods.js';
import type { LikelihoodOptions, NetworkOptions } from './options.js';

export interface TdNetworkOptions extends NetworkOptions, LikelihoodOptions {
  /** Length of each layer of the state. */
  readonly latent: number;
  readonly layers: number;
  /** Units of the recurrent network. */
  readonly belief: number;
  readonly cell: 'gru' | 'lstm';
  readonly truncation?: number;
  /** Units of the gated blocks. */
  readonly gate: number;
  /** Whether the decoder is a network, or takes the first numbers of the lowest layer for the mean. */
  readonly emission: 'network' | 'first';
  readonly logVarBound: number;
}

export interface TdNetworks {
  /** Lengths of the layers, from the top. */
  readonly sizes: readonly number[];
  /** [batch, time, ...frame] → b_t at each time, [batch, time, belief]. */
  beliefs(x: Tensor): Tensor;
  /** p_B(z|b). */
  believed(b: Tensor): NormalChain;
  /** p_S(z1|z2, b_t1, b_t2, dt); z2 [batch, Σ d], jumps as features, where there are any. */
  smoothed(z2: Tensor, earlier: Tensor, later: Tensor, jump?: Tensor): NormalChain;
  /** p_T(z2|z1, dt). */
  moved(z1: Tensor, jump?: Tensor): NormalChain;
  /** p_D(x|z) for states [rows, Σ d]. */
  emitted(z: Tensor): SampleDistribution;
}

/** @param frame one frame of the sequences, as data of its own */
export function tdNetworks(frame: DataDescription, options: TdNetworkOptions, scope: Scope): TdNetworks {
  const { latent, layers, belief, cell, truncation, gate, emission, logVarBound } = options;
  const sizes = new Array<number>(layers).fill(latent);
  const likelihood = likelihoodFor(frame, options, scope.child('likelihood'));
  const networks = networksFor(frame, likelihood.outputShape, options);
  const encoder = networks.encoder(scope.child('encoder'));
  const recurrent = { gru, lstm }[cell](belief, { truncation })(scope.child('belief'));
  const decoder =
    emission === 'first'
      ? firstOfLowest(likelihood.outputShape, latent)
      : networks.decoder(scope.child('decoder'));
  const heads = (name: string) =>
    sizes.map((size, layer) => gatedNormal(size, gate, logVarBound, scope.child(`${name}${layer + 1}`)));
  const [ofBelief, ofSmoothing, ofTransition] = ['believed', 'smoothed', 'moved'].map(heads);
  const chain = (blocks: readonly Head[], told: readonly (Tensor | undefined)[]): NormalChain => {
    const condition = concat(told.filter((part) => part !== undefined));
    return new NormalChain({
      batch: condition.shape[0],
      sizes,
      start: (rows) => {
        const seen = repeatedFor(rows, condition);
        const place = (layer: number, above: readonly Tensor[]): ChainPlace => ({
          normal: blocks[layer](concat([seen, ...above])),
          next: (code) => place(layer + 1, [...above, code]),
        });
        return place(0, []);
      },
    });
  };
  return {
    sizes,
    beliefs: (x) => {
      const [batch, time, ...one] = x.shape;
      const seen = encoder(x.reshape([batch * time, ...one]));
      return recurrent(seen.reshape([batch, time, -1]));
    },
    believed: (b) => chain(ofBelief, [b]),
    smoothed: (z2, earlier, later, jump) => chain(ofSmoothing, [z2, earlier, later, jump]),
    moved: (z1, jump) => chain(ofTransition, [z1, jump]),
    emitted: (z) => decodeDraws(decoder, likelihood, z),
  };
}

type Head = (u: Tensor) => DiagonalNormal;

function gatedNormal(size: number, gate: number, bound: number, scope: Scope): Head {
  const layer = (name: string, units: number): Network => linear(units)(scope.child(name));
  const [signal, opening] = [layer('signal', gate), layer('gate', gate)];
  const head = normalHead(layer('mean', size), layer('logVar', size), bound);
  return (u) => head(signal(u).tanh().mul(opening(u).sigmoid()));
}

/** @throws OptionError if a frame is not as many numbers as there are in the layer */
function firstOfLowest([width, ...more]: readonly number[], latent: number): Network {
  if (more.length > 0 || width > latent)
    throw new OptionError(
      'emission',
      `first takes rows of at most ${latent} numbers, the length of a layer of the state; use network`,
    );
  return (z) => {
    const start = z.shape[1] - latent;
    return z.sliceAlong(1, start, start + width);
  };
}
