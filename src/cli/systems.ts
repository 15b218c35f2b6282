/** `vaekit systems [NAME]`: the systems there are, or one of them with its equation and options. */
import { Command } from 'commander';
import { findSystem, type System, systems } from '../systems/index.js';
import { describeOptions } from './flags.js';
import { columns, print, printJson } from './output.js';

export function systemsCommand(): Command {
  return new Command('systems')
    .description('list the systems, or show one with its equation and options')
    .argument('[name]', 'a system')
    .option('--names', 'names only, one a line')
    .option('--json', 'as JSON')
    .action((name: string | undefined, options: { names?: boolean; json?: boolean }) => {
      const chosen = name === undefined ? systems : [findSystem(name)];
      if (options.names) for (const system of chosen) print(system.name);
      else if (options.json) printJson(name === undefined ? chosen.map(plain) : plain(chosen[0]));
      else if (name === undefined)
        for (const line of columns(chosen.map((system) => [system.name, system.summary]))) print(line);
      else show(chosen[0]);
    });
}

function plain(system: System): Record<string, unknown> {
  const { name, title, paper, objective, summary, needsLabels = false } = system;
  return { name, title, paper, objective, summary, needsLabels, options: describeOptions(system.options) };
}

function show(system: System): void {
  print(`${system.title} (${system.name})`);
  print(system.summary);
  print('');
  print(`  minimises   ${system.objective}`);
  print(`  source      ${system.paper}`);
  if (system.needsLabels) print('  needs       labels');
  print('');
  print('Options:');
  const rows = describeOptions(system.options).map(({ flag, description, choices, default: value }) => {
    const notes = [choices?.join(', '), value === undefined ? undefined : `default: ${String(value)}`].filter(
      Boolean,
    );
    return [`  ${flag}`, `${description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`];
  });
  for (const line of columns(rows)) print(line);
  print('');
  print(`Train it:  vaekit train ${system.name}`);
}
