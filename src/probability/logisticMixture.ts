/**
 * Mixtures of discretised logistic distributions over the 256 levels of each channel, with the channels of a position
 * coupled (PixelCNN++, Salimans et al. 2017, §2.1-2.2, arXiv:1701.05517). Within a component, on the scale [−1, 1],
 *
 *   y_R = m_R,   y_G = m_G + c_1 x_R,   y_B = m_B + c_2 x_R + c_3 x_G,
 *
 *   log P(x) = log Σ_k π_k Π_channels P_k(x_channel),
 *
 * with the true x of the channels before. Any number of channels is coupled in the same way.
 */
import {
  concat,
  logSoftmax,
  logSumExp,
  oneHot,
  randomUniform,
  softmax,
  split,
  type Tensor,
} from '../tensor/index.js';
import { type Distribution, type DrawOptions, requireEvent, sumEvent } from './distribution.js';
import { DiscretisedLogistic } from './logistic.js';

const LEVELS = 256;
/** Height, width and channels. */
const EVENT_RANK = 3;

export interface LogisticMixtureParameters {
  /** Of the components, [...batch, height, width, components]. */
  logits: Tensor;
  /** Locations before coupling, on [−1, 1]; [...batch, height, width, components, channels]. */
  location: Tensor;
  /** As the locations; values below −7 are raised to it. */
  logScale: Tensor;
  /**
   * One for each pair of channels, [...batch, height, width, components, pairs]: those on the second channel, then those
   * on the third, …; absent for a single channel.
   */
  coefficients?: Tensor;
}

/** Pairs of channels: coefficients of every component. */
export const channelPairs = (channels: number) => (channels * (channels - 1)) / 2;

export class LogisticMixture implements Distribution {
  readonly eventRank = EVENT_RANK;
  readonly logits: Tensor;
  readonly location: Tensor;
  readonly logScale: Tensor;
  readonly coefficients?: Tensor;

  constructor({ logits, location, logScale, coefficients }: LogisticMixtureParameters) {
    this.logits = logits;
    this.location = location;
    this.logScale = logScale;
    this.coefficients = coefficients;
  }

  /**
   * Numbers that a mixture takes of a decoder at every position: components' logits, locations, log-scales, and
   * coefficients, which pass through tanh.
   */
  static width(components: number, channels: number): number {
    return components * (1 + 2 * channels + channelPairs(channels));
  }

  /** @param output [...batch, height, width, width(components, channels)] */
  static of(output: Tensor, components: number, channels: number): LogisticMixture {
    const place = output.shape.slice(0, -1);
    const pairs = channelPairs(channels);
    const lengths = [1, channels, channels, pairs].map((length) => length * components);
    const [logits, location, logScale, coefficients] = split(
      output,
      pairs > 0 ? lengths : lengths.slice(0, -1),
    );
    return new LogisticMixture({
      logits,
      location: location.reshape([...place, components, channels]),
      logScale: logScale.reshape([...place, components, channels]),
      ...(coefficients ? { coefficients: coefficients.tanh().reshape([...place, components, pairs]) } : {}),
    });
  }

  get #channels(): number {
    return this.location.shape[this.location.rank - 1];
  }

  /**
   * Mean intensity, each channel given the components' means of the channels before it: exact where no component reaches
   * over the ends of the scale.
   */
  get mean(): Tensor {
    const means: Tensor[] = [];
    for (let channel = 0; channel < this.#channels; channel++) {
      const location = this.#locationOf(channel, means);
      const { mean } = new DiscretisedLogistic({ location, logScale: channelOf(this.logScale, channel) });
      means.push(mean.mul(2).sub(1));
    }
    const intensities = concat(means).add(1).mul(0.5);
    return softmax(this.logits).expandDims(-1).mul(intensities).sum(-2);
  }

  nll(x: Tensor): Tensor {
    return this.logProb(x).neg();
  }

  /**
   * @param x intensities in [0, 1], [...batch, height, width, channels]; each belongs to the nearest of the 256 levels
   * @returns [...batch], nats
   * @throws ShapeError if its event has another shape than the mixture's
   */
  logProb(x: Tensor): Tensor {
    return sumEvent(this.#ofPositions(x), EVENT_RANK - 1);
  }

  /** −log p of the positions at which `observed` is 1 in every channel: channels of one position depend on each other. */
  marginalNll(x: Tensor, observed: Tensor): Tensor {
    const isWhole = observed
      .mean(-1)
      .greater(1 - 1e-3)
      .cast('float32');
    return sumEvent(this.#ofPositions(x).mul(isWhole), EVENT_RANK - 1).neg();
  }

  /** log p of every position, [...batch, height, width]. */
  #ofPositions(x: Tensor): Tensor {
    const { logScale, logits } = this;
    const components = logits.shape[logits.rank - 1];
    const channels = this.#channels;
    requireEvent('LogisticMixture', [...logits.shape.slice(0, -1), channels], x, EVENT_RANK);
    const seen = x.expandDims(-2);
    // Axes of several draws are in front of the parameters' batch, and not of the samples'.
    const places = (logits.rank >= x.rank ? logits : x).shape.slice(0, -1);
    const all = seen.broadcastTo([...places, components, channels]);
    const values = Array.from({ length: channels }, (_, channel) => onScale(channelOf(seen, channel)));
    const one = [...places, components, 1];
    const coupled = concat(values.map((_, channel) => this.#locationOf(channel, values).broadcastTo(one)));
    const ofLevels = new DiscretisedLogistic({ location: coupled, logScale, eventRank: 1 });
    const joint = ofLevels.logProb(all).add(logSoftmax(logits));
    return logSumExp(joint, -1);
  }

  /** A component by Gumbel's maximum, then channel after channel; intensities at the middle of the level drawn. */
  sample({ stream = 'likelihood', draws }: DrawOptions = {}): Tensor {
    const lead = draws === undefined ? [] : [draws];
    const uniform = (name: string, shape: readonly number[]) =>
      randomUniform(`${stream}/${name}`, [...lead, ...shape]).clip(1e-7, 1 - 1e-7);
    const components = this.logits.shape[this.logits.rank - 1];
    const gumbel = uniform('component', this.logits.shape).log().neg().log().neg();
    const chosen = oneHot(this.logits.add(gumbel).argMax(-1), components).expandDims(-1);
    const ofChosen = (parameter: Tensor) => chosen.mul(parameter).sum(-2, { keepDims: true });
    const picked = new LogisticMixture({
      logits: chosen.sum(-1),
      location: ofChosen(this.location),
      logScale: ofChosen(this.logScale),
      ...(this.coefficients ? { coefficients: ofChosen(this.coefficients) } : {}),
    });
    const u = uniform('level', [...this.logits.shape.slice(0, -1), 1, this.#channels]);
    const drawn: Tensor[] = [];
    for (let channel = 0; channel < this.#channels; channel++) {
      const at = channelOf(u, channel);
      const logistic = at.log().sub(at.neg().log1p());
      const scale = channelOf(picked.logScale, channel).max(-7).exp();
      const value = picked.#locationOf(channel, drawn).add(scale.mul(logistic));
      drawn.push(onScale(value.add(1).mul(0.5)));
    }
    const levels = concat(drawn).add(1).mul(0.5);
    return levels.sum(-2).stopGradient();
  }

  /** Location of a channel given the values, on [−1, 1], of those before it; [..., components, 1]. */
  #locationOf(channel: number, before: readonly Tensor[]): Tensor {
    const own = channelOf(this.location, channel);
    const first = channelPairs(channel);
    const { coefficients } = this;
    if (!coefficients) return own;
    return before.slice(0, channel).reduce((sum, value, i) => {
      const coefficient = channelOf(coefficients, first + i);
      return sum.add(coefficient.mul(value));
    }, own);
  }
}

const channelOf = (x: Tensor, channel: number) => x.sliceAlong(-1, channel, channel + 1);

/** The nearest level of an intensity, on [−1, 1]. */
function onScale(intensity: Tensor): Tensor {
  const level = intensity
    .mul(LEVELS - 1)
    .add(0.5)
    .floor()
    .clip(0, LEVELS - 1);
  return level.mul(2 / (LEVELS - 1)).sub(1);
}
