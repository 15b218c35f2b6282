/** How codes are compared with a prior by a kernel: the options, and MMD² by them. */
import { z } from 'zod';
import { imq, medianSquaredDistance, mmd, multiScaleKernel, rbf } from '../probability/index.js';
import { constant, type Tensor } from '../tensor/index.js';

export type KernelName = 'rbf' | 'imq';

const kernelShape = (kernel: KernelName, scales: readonly number[]) => ({
  kernel: z
    .enum(['rbf', 'imq'])
    .default(kernel)
    .describe('exp(−‖·‖²/2ℓ²) or the inverse multiquadratic 2ℓ²/(2ℓ² + ‖·‖²), whose tails are longer'),
  scales: z
    .array(z.number().positive())
    .min(1)
    .default([...scales])
    .describe('factors of ℓ²; the kernels at all of them are added up'),
  bandwidth: z
    .union([z.literal('auto'), z.literal('median'), z.number().positive()])
    .default('auto')
    .describe(
      'ℓ²; auto: latent, so that 2ℓ² is the mean squared distance of two draws from the prior; median: 2ℓ² is the median squared distance of codes and prior, anew at every step',
    ),
});

/** Options of a system whose kernel has these defaults. */
export const kernelOptions = (kernel: KernelName, scales: readonly number[]) =>
  z.object(kernelShape(kernel, scales));

export type KernelOptions = z.output<ReturnType<typeof kernelOptions>>;

/**
 * MMD² of codes and draws from the prior, [n, d] each; a scalar, NaN for a single code: it has no distance to others.
 * The draws are fresh at every step and no gradient flows into them.
 */
export function mismatch(codes: Tensor, drawn: Tensor, { kernel, scales, bandwidth }: KernelOptions): Tensor {
  const [count, latent] = codes.shape;
  if (count < 2) return constant(Number.NaN);
  const squared =
    bandwidth === 'auto'
      ? latent
      : bandwidth === 'median'
        ? medianSquaredDistance(codes, drawn).mul(0.5)
        : bandwidth;
  const twice = typeof squared === 'number' ? 2 * squared : squared.mul(2);
  return mmd(
    codes,
    drawn,
    kernel === 'rbf' ? multiScaleKernel(rbf, scales, squared) : multiScaleKernel(imq, scales, twice),
  );
}
