/** `vaekit systems [NAME]`: the systems there are, or one of them with its equation and options. */
import type { Command } from 'commander';
import { findSystem, systems } from '../systems/index.js';
import { defineCatalogue } from './catalogue.js';

export function defineSystems(command: Command): void {
  defineCatalogue(command, {
    noun: 'a system',
    plural: 'systems',
    entries: systems,
    find: findSystem,
    verb: 'minimises',
    facts: ({ needsLabels = false }) => ({
      needsLabels: typeof needsLabels === 'function' ? 'by options' : needsLabels,
    }),
    lines: ({ needsLabels }) =>
      needsLabels ? [['needs', `labels${typeof needsLabels === 'function' ? ', by options' : ''}`]] : [],
    use: ({ name }) => `Train it:  vaekit train ${name}`,
  });
}
