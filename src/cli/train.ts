/** `vaekit train SYSTEM`: trains a model on a person's own data, with one sub-command and its flags for every system. */
import type { Command } from 'commander';
import { findSystem, type System, systems } from '../systems/index.js';
import { trainingOptions } from '../training/options.js';
import { addDataFlags, readDataFlags } from './dataFlags.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags, readTyped } from './flags.js';
import { follow } from './follow.js';
import { interruption } from './interruption.js';

/** Data for those who have none at hand. */
const DEFAULT_DATA = 'glyphs';

/** @throws UsageError, OptionError if no system is named, or one that there is not */
export function defineTrain(command: Command, [name, ...words]: readonly string[]): void {
  command.usage('SYSTEM [options]').helpCommand(false);
  command.addHelpText('after', '\nvaekit train SYSTEM --help shows the options of a system.');
  for (const system of systems) {
    const below = command.command(system.name).description(system.summary);
    if (system.name === name) defineSystem(below, system);
  }
  if (name === '--help' || name === '-h') return;
  if (name !== undefined && !name.startsWith('-')) {
    findSystem(name);
    return;
  }
  const named = words.find((word) => systems.some((system) => system.name === word));
  const names = systems.map((system) => system.name).join(', ');
  throw new UsageError(
    named
      ? `name the system first: vaekit train ${named} ${name} …`
      : `say which system to train, as in vaekit train vae; systems are ${names}`,
  );
}

function defineSystem(command: Command, system: System): void {
  command
    .usage('[options]')
    .option(
      '--data <path>',
      `a folder, a file or a built-in set: see vaekit data --help (default: ${DEFAULT_DATA})`,
    )
    .option('--out <folder>', 'folder of the run (default: runs/<system>-<data>-<n>)')
    .option('--json', 'print one JSON object at the end')
    .allowExcessArguments()
    .action(async (typed: Record<string, unknown> & { data?: string; out?: string; json?: boolean }) => {
      const [word] = command.args;
      if (word !== undefined)
        throw new UsageError(`'${word}' is no option; data are named with --data ${word}`);
      const request = {
        system,
        data: typed.data ?? DEFAULT_DATA,
        dataOptions: readDataFlags(typed, system.options),
        options: readFlags(system.options, typed),
        // What was not typed is for the system to say.
        training: readTyped(trainingOptions, typed),
        engine: readEngineFlags(typed),
        out: typed.out,
        signal: interruption(),
        command: ['vaekit', ...process.argv.slice(2).map(quoted)].join(' '),
      };
      const { train } = await import('../node/index.js');
      await follow(await train(request), { json: typed.json === true });
    });
  addFlags(command, system.options, `Options of ${system.name}:`);
  addFlags(command, trainingOptions, 'Training:');
  addDataFlags(command, system.options);
  addEngineFlags(command);
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
