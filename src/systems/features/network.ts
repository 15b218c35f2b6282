/**
 * The feature network that is trained on the data itself, since none can be taken from elsewhere: three convolutional
 * levels without normalisation, whose rectified outputs are the features.
 */
import { conv, heUniform, linear, relu, type Scope, sequential } from '../../nn/index.js';
import type { Tensor } from '../../tensor/index.js';

const CHANNELS = [32, 64, 128];
const EMBEDDING = 64;

/** What looks at pictures. */
export interface FeatureMaps {
  /** Features of pictures in [0, 1], each [batch, ...]. */
  features(x: Tensor): Tensor[];
}

export interface FeatureNetwork extends FeatureMaps {
  /** Features of pictures in [0, 1], from the finest to the coarsest level, each [batch, height, width, channels]. */
  features(x: Tensor): Tensor[];
  /** Logits of a class, [batch, classes]. */
  classify(x: Tensor): Tensor;
  /** A point of the unit sphere for each picture, [batch, n]. */
  embed(x: Tensor): Tensor;
}

export function featureNetwork(classes: number, scope: Scope): FeatureNetwork {
  const levels = CHANNELS.map((filters, level) =>
    sequential(
      conv({ filters, kernel: 3, stride: level === 0 ? 1 : 2, weight: heUniform }),
      relu,
    )(scope.child(`level${level + 1}`)),
  );
  const features = (x: Tensor) => {
    const maps: Tensor[] = [];
    // Intensities around 0, as the network would not get them otherwise.
    for (const level of levels) maps.push(level(maps.at(-1) ?? x.mul(2).sub(1)));
    return maps;
  };
  const pooled = (x: Tensor) => features(x)[CHANNELS.length - 1].mean([1, 2]);
  const head = linear(classes)(scope.child('classes'));
  const embedding = linear(EMBEDDING)(scope.child('embedding'));
  return {
    features,
    classify: (x) => head(pooled(x)),
    embed: (x) => {
      const point = embedding(pooled(x));
      return point.div(point.square().sum(-1, { keepDims: true }).add(1e-8).sqrt());
    },
  };
}
