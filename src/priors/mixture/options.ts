/** An option that mixtures have in common. */
import { z } from 'zod';

export const covarianceOption = () =>
  z
    .enum(['full', 'diagonal'])
    .default('full')
    .describe('whether the coordinates of a component depend on one another');
