/** `vaekit systems [NAME]`: the systems there are, or one of them with its equation, phases and options. */
import type { Command } from 'commander';
import { findSystem, type System, systems } from '../systems/index.js';
import { describeStages } from '../training/index.js';
import { defineCatalogue } from './catalogue.js';
import { columns } from './output.js';
import { hasPhases, orderOf, PHASE_COLUMNS, phaseRows } from './phaseText.js';

export function defineSystems(command: Command): void {
  defineCatalogue(command, {
    noun: 'a system',
    plural: 'systems',
    entries: systems,
    find: findSystem,
    verb: 'minimises',
    facts: (system) => ({
      needsLabels: labelsOf(system) ?? false,
      takesHoles: system.takesHoles ?? false,
      stages: describeStages(system),
    }),
    lines: (system) => {
      const labels = labelsOf(system);
      return [
        ...(labels ? [['needs', labels === true ? 'labels' : `labels, ${labels}`] as const] : []),
        ...(system.takesHoles ? [['takes', 'samples with holes (--missing mask)'] as const] : []),
      ];
    },
    section: phasesOf,
    use: ({ name }) => `Train it:  vaekit train ${name}`,
  });
}

function labelsOf({ needsLabels }: System): 'by options' | boolean | undefined {
  return typeof needsLabels === 'function' ? 'by options' : needsLabels;
}

/** Who minimises what, where that is more than one optimiser on the whole model. */
function phasesOf(system: System): string[] {
  const stages = describeStages(system);
  if (!hasPhases(stages)) return [];
  const rows = columns([PHASE_COLUMNS, ...phaseRows(stages)]).map((line) => line.trimEnd());
  const orders = [...new Set(stages.flatMap((stage) => orderOf(stage) ?? []))];
  return ['Phases:', ...[...rows, ...orders].map((line) => `  ${line}`)];
}
