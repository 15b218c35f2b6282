/**
 * What teaches a feature network, from the same pictures that it will compare:
 *
 *   with classes      −log p(y|x)
 *   without           −log p(turn | turned x), and −log p(i | view of x_i) among the pictures of the batch
 *
 * Sources: Gidaris, Singh & Komodakis 2018 (arXiv:1803.07728) for turns; Wu et al. 2018 (arXiv:1805.01978) for telling
 * pictures apart, here among those of a batch as in Chen et al. 2020 (arXiv:2002.05709).
 */
import { constant, oneHot, randomNormal, randomUniform, type Tensor } from '../../tensor/index.js';
import { crossEntropy } from '../discriminator.js';
import type { Batch } from '../system.js';
import { penalty, type Terms } from '../terms.js';
import type { FeatureNetwork } from './network.js';

/** Sharpness of telling pictures apart: similarities, at most 1, are divided by it. */
const TEMPERATURE = 0.2;
const TURNS = 4;

/** How many classes the network is to tell apart: the data's own, or turns of a picture where it has none. */
export const taughtClasses = (classes: number) => (classes > 1 ? classes : TURNS);

/** @param classes of the data */
export function supervision(network: FeatureNetwork, { x, labels }: Batch, classes: number): Terms {
  if (labels && classes > 1) {
    return { classification: penalty(1, crossEntropy(network.classify(x), labels)) };
  }
  const batch = x.shape[0];
  const turn = randomUniform('feature turns', [batch])
    .mul(TURNS)
    .floor()
    .min(TURNS - 1)
    .cast('int32');
  const turned = mixture(turnsOf(x), turn);
  const alike = network
    .embed(view(x, 'first view'))
    .matmul(network.embed(view(x, 'second view')).swapLastAxes());
  const own = constant(
    Int32Array.from({ length: batch }, (_, i) => i),
    'int32',
  );
  return {
    turns: penalty(1, crossEntropy(network.classify(turned), turn)),
    instances: penalty(1, crossEntropy(alike.mul(1 / TEMPERATURE), own)),
  };
}

/** Quarter turns, or flips where a quarter turn would change the picture's shape. */
function turnsOf(x: Tensor): Tensor[] {
  const half = x.flip([1, 2]);
  if (x.shape[1] !== x.shape[2]) return [x, half, x.flip(1), x.flip(2)];
  const quarter = x.transpose([0, 2, 1, 3]);
  return [x, quarter.flip(1), half, quarter.flip(2)];
}

/** A picture seen a little differently: moved by an eighth, brighter or darker, with noise. */
function view(x: Tensor, name: string): Tensor {
  const [batch, height, width] = x.shape;
  const [down, across] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  const padded = x.pad([
    [0, 0],
    [down, down],
    [across, across],
    [0, 0],
  ]);
  const at = (top: number, left: number) =>
    padded.slice([undefined, [top, top + height], [left, left + width]]);
  const places = [x, at(0, across), at(2 * down, across), at(down, 0), at(down, 2 * across)];
  const uniform = (what: string) => randomUniform(`feature ${name} ${what}`, [batch]);
  const place = uniform('place')
    .mul(places.length)
    .floor()
    .min(places.length - 1)
    .cast('int32');
  const gain = uniform('gain').mul(0.8).add(0.6).reshape([batch, 1, 1, 1]);
  const noise = randomNormal(`feature ${name} noise`, x.shape).mul(0.05);
  return mixture(places, place).mul(gain).add(noise);
}

/** For each picture of a batch, that of the versions which its index names. */
function mixture(versions: readonly Tensor[], index: Tensor): Tensor {
  const chosen = oneHot(index, versions.length);
  return versions
    .map((version, i) => version.mul(chosen.sliceAlong(1, i, i + 1).reshape([version.shape[0], 1, 1, 1])))
    .reduce((sum, part) => sum.add(part));
}
