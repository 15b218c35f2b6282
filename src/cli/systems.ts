/** `vaekit systems [NAME]`: the systems there are, or one of them with its equation and options. */
import { type Command, Option } from 'commander';
import { findSystem, type System, systems } from '../systems/index.js';
import { describeStages } from '../training/index.js';
import { describeFlags } from './flags.js';
import { columns, print, printJson } from './output.js';
import { hasPhases, orderOf, PHASE_COLUMNS, phaseRows } from './phaseText.js';
import { plainMath } from './plainMath.js';

export function defineSystems(command: Command): void {
  command
    .argument('[name]', 'a system')
    .option('--names', 'names only, one a line')
    .addOption(new Option('--json', 'as JSON').conflicts('names'))
    .action((name: string | undefined, { names, json }: { names?: boolean; json?: boolean }) => {
      const system = name === undefined ? undefined : findSystem(name);
      const chosen = system ? [system] : systems;
      if (names) for (const each of chosen) print(each.name);
      else if (json) printJson(system ? plain(system) : { systems: systems.map(plain) });
      else if (system) show(system);
      else for (const line of columns(chosen.map((each) => [each.name, each.summary]))) print(line);
    });
}

function plain(system: System): Record<string, unknown> {
  const { name, title, paper, objective, summary, needsLabels = false } = system;
  return {
    name,
    title,
    paper,
    objective,
    summary,
    needsLabels: typeof needsLabels === 'function' ? 'by options' : needsLabels,
    stages: describeStages(system),
    options: describeFlags(system.options).map(({ isNegatable: _, ...option }) => option),
  };
}

function show(system: System): void {
  print(`${system.title} (${system.name})`);
  print(system.summary);
  print('');
  print(`  minimises   ${plainMath(system.objective)}`);
  print(`  source      ${system.paper}`);
  if (system.needsLabels)
    print(`  needs       labels${typeof system.needsLabels === 'function' ? ', by options' : ''}`);
  print('');
  showPhases(system);
  print('Options:');
  const rows = describeFlags(system.options).map(({ flag, description, choices, default: value }) => {
    const notes = [choices?.join(', '), value === undefined ? undefined : `default: ${String(value)}`].filter(
      Boolean,
    );
    return [`  ${flag}`, `${description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`];
  });
  for (const line of columns(rows)) print(line);
  print('');
  print(`Train it:  vaekit train ${system.name}`);
}

/** Who minimises what, where that is more than one optimiser on the whole model. */
function showPhases(system: System): void {
  const stages = describeStages(system);
  if (!hasPhases(stages)) return;
  print('Phases:');
  for (const line of columns([PHASE_COLUMNS, ...phaseRows(stages)])) print(`  ${line.trimEnd()}`);
  for (const order of new Set(stages.map(orderOf))) if (order) print(`  ${order}`);
  print('');
}
