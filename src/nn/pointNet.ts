/**
 * The encoder of point clouds that knows no order of the points: one network for all points, then the largest of each feature
 * over the points. Qi et al., CVPR 2017 (arXiv:1612.00593), without its input transforms.
 */
import { ShapeError, show } from '../tensor/index.js';
import { type Layer, sequential } from './layer.js';

/**
 * [batch, points, features] → [batch, features']: exactly the same for the points in any order, for neither a layer of single
 * points nor a maximum depends on it.
 *
 * @param ofPoint layers that act on the last axis alone, such as `linear`; batch normalisation takes its statistics over all
 * points of all clouds
 */
export function pointNet(...ofPoint: readonly Layer[]): Layer {
  return (scope) => {
    const network = sequential(...ofPoint)(scope);
    return (x) => {
      if (x.rank !== 3) {
        throw new ShapeError('pointNet', `needs clouds [batch, points, features] but got ${show(x.shape)}`);
      }
      return network(x).amax(1);
    };
  };
}
