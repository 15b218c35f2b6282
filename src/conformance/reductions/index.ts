/** All reductions there are. A new list of them is a line here. */
import { autoencoders } from './autoencoders.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...autoencoders, ...vaes];
import { bounds } from './bounds.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...bounds];
import { disentanglement } from './disentanglement.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...disentanglement];
import { matching } from './matching.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...matching];
import { perceptual } from './perceptual.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...perceptual];
import { manifolds } from './manifolds.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...manifolds];
