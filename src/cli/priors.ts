/** `vaekit priors [NAME]`: the priors there are, or one of them with its equation and options. */
import type { Command } from 'commander';
import { findPrior, type Prior, priors } from '../priors/index.js';
import { defineCatalogue } from './catalogue.js';

const CODES: Readonly<Record<Prior['codes'], string>> = {
  vectors: 'codes of real numbers',
  grids: 'codes that are indices',
};

export function definePriors(command: Command): void {
  defineCatalogue(command, {
    noun: 'a prior',
    plural: 'priors',
    entries: priors,
    find: findPrior,
    verb: 'equation',
    facts: ({ codes, isTrained }) => ({ codes, isTrained }),
    lines: ({ codes, isTrained }) => [
      ['for', CODES[codes]],
      ['fitted', isTrained ? 'by gradient: the options of training apply' : 'by an algorithm of its own'],
    ],
    use: ({ name }) => `Fit it:  vaekit fit-prior last ${name}`,
  });
}
