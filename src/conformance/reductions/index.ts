/** All reductions there are. A new list of them is a line here. */
import { autoencoders } from './autoencoders.js';
import { bounds } from './bounds.js';
import { discrete } from './discrete.js';
import { disentanglement } from './disentanglement.js';
import { hierarchies } from './hierarchies.js';
import { manifolds } from './manifolds.js';
import { matching } from './matching.js';
import { perceptual } from './perceptual.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [
  ...autoencoders,
  ...vaes,
  ...bounds,
  ...disentanglement,
  ...matching,
  ...perceptual,
  ...manifolds,
  ...hierarchies,
  ...discrete,
];
