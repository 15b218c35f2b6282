/** All reductions there are. A new list of them is a line here. */
import { hierarchies } from './hierarchies.js';
import type { Reduction } from './row.js';
import { vaes } from './vaes.js';

export const reductions: readonly Reduction[] = [...vaes, ...hierarchies];
