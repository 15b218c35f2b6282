/** The class of a sample as what networks are told: one-hot rows. */
import { oneHot, type Tensor } from '../tensor/index.js';
import { OptionError } from './errors.js';

/**
 * A function from labels, int32 [batch], to one-hot rows [batch, classes].
 *
 * @throws OptionError when it is called without labels
 */
export function classCondition(system: string, classes: number): (labels: Tensor | undefined) => Tensor {
  return (labels) => {
    if (labels) return oneHot(labels, classes);
    throw new OptionError(
      'labels',
      `${system} is conditioned on the class of each sample; give one for each`,
    );
  };
}
