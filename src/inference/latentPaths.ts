/**
 * Ways from one code to another, at times t from 0 to 1:
 *
 *   linear                  (1 − t) z₀ + t z₁
 *   spherical               (sin((1 − t) ω) z₀ + sin(t ω) z₁) / sin ω,   ω the angle between z₀ and z₁
 *   spherical-linear-norm   the same between directions, with the length (1 − t) ‖z₀‖ + t ‖z₁‖
 *
 * In many dimensions codes under N(0, I) lie near a sphere: half-way on a line between two of them the norm is smaller by
 * √½, where a decoder has hardly been; along the sphere it stays. Source: White 2016, §2.1 (arXiv:1609.04468).
 */
import { OptionError } from '../systems/index.js';

export const latentPaths = ['linear', 'spherical', 'spherical-linear-norm'] as const;
export type LatentPath = (typeof latentPaths)[number];

/** sin ω below which the sphere is as good as flat, or the way around it not defined. */
const STRAIGHT = 1e-4;

/**
 * The code at time t of the way from z₀ to z₁, of which each end is exactly itself.
 *
 * @param extrapolates whether t may lie outside [0, 1]
 * @throws RangeError if it does and may not
 * @throws OptionError if the codes point in opposite directions or one of them in none, and the way is around a sphere
 */
export function codeBetween(
  z0: Float32Array,
  z1: Float32Array,
  t: number,
  { path = 'linear', extrapolates = false }: { path?: LatentPath; extrapolates?: boolean } = {},
): Float32Array {
  if (!extrapolates && !(t >= 0 && t <= 1))
    throw new RangeError(`codeBetween: time ${t} is outside [0, 1]; ask for extrapolation to go there`);
  const [a, b] = path === 'linear' ? [1 - t, t] : sphericalShares(z0, z1, t, path);
  if (t === 0) return z0.slice();
  if (t === 1) return z1.slice();
  return z0.map((value, i) => a * value + b * z1[i]);
}

/** What of z₀ and of z₁ makes the code. */
function sphericalShares(
  z0: Float32Array,
  z1: Float32Array,
  t: number,
  path: Exclude<LatentPath, 'linear'>,
): [number, number] {
  const [norm0, norm1] = [norm(z0), norm(z1)];
  if (norm0 === 0 || norm1 === 0)
    throw new OptionError('path', `is ${path}, and a code of zeros has no direction to go from; use linear`);
  const cosine = z0.reduce((sum, value, i) => sum + (value / norm0) * (z1[i] / norm1), 0);
  const omega = Math.acos(Math.max(-1, Math.min(1, cosine)));
  const sine = Math.sin(omega);
  if (sine < STRAIGHT && cosine < 0)
    throw new OptionError(
      'path',
      `is ${path}, and two codes point in opposite directions, between which all ways around the sphere are as short; use linear`,
    );
  const [a, b] =
    sine < STRAIGHT ? [1 - t, t] : [Math.sin((1 - t) * omega) / sine, Math.sin(t * omega) / sine];
  if (path === 'spherical') return [a, b];
  const length = (1 - t) * norm0 + t * norm1;
  return [(a * length) / norm0, (b * length) / norm1];
}

const norm = (z: Float32Array) => Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
