/** How much room the young objects of a process get: those that JavaScript has just made. */
import { setFlagsFromString } from 'node:v8';

/** Newest major version of V8 whose flag this is known to be; another one would complain of it on stderr. */
export const NEWEST_KNOWN = 13;

/**
 * Leaves the room at its first size, of a megabyte. V8 doubles it while a program is built, to three times 16 MiB, and
 * keeps that: some 30 MiB of a process that trains, whose steps make next to no objects. Loading data takes no
 * longer, a first step a hundredth or two. To be called before the bulk of the modules is loaded, by what owns the process and not by the library.
 */
export function keepYoungGenerationSmall(): void {
  if (Number.parseInt(process.versions.v8, 10) <= NEWEST_KNOWN)
    setFlagsFromString('--semi-space-growth-factor=1');
}
