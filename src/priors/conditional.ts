/** What priors with a distribution for each class have in common. */
import { z } from 'zod';
import { OptionError } from '../systems/index.js';
import type { Tensor } from '../tensor/index.js';
import type { CodeDescription } from './description.js';

export const conditionalOption = () =>
  z.boolean().default(false).describe('a distribution for each class of the data, p(z|y)');

/** @throws OptionError if classes are asked for where there are none, or that of some samples is not known */
export function requireClasses(isConditional: boolean, { data }: Pick<CodeDescription, 'data'>): void {
  if (isConditional && data.classes === 0)
    throw new OptionError('conditional', 'the data have no classes; leave it out');
  if (isConditional && data.hasUnknown)
    throw new OptionError(
      'conditional',
      'the class of some samples is not known; leave it out, or label all of them',
    );
}

/** @throws OptionError if there are no classes to condition on */
export function requireLabels(labels: Tensor | undefined): Tensor {
  if (labels) return labels;
  throw new OptionError('labels', 'this prior has a distribution for each class; name one for each code');
}
