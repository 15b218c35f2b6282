/** `vaekit train SYSTEM`: trains a model on a person's own data, with one sub-command and its flags for every system. */
import { Command } from 'commander';
import { train } from '../node/index.js';
import { type System, systems } from '../systems/index.js';
import { trainingOptions } from '../training/index.js';
import { addDataFlags, readDataFlags } from './dataFlags.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { addFlags, readFlags } from './flags.js';
import { follow } from './follow.js';
import { interruption } from './interruption.js';

/** Data for those who have none at hand. */
const DEFAULT_DATA = 'glyphs';

export function trainCommand(): Command {
  const command = new Command('train')
    .description('train a system on data and write a run folder')
    .usage('SYSTEM [options]')
    .addHelpText('after', '\nvaekit train SYSTEM --help shows the options of a system.');
  for (const system of systems) command.addCommand(systemCommand(system));
  return command;
}

function systemCommand(system: System): Command {
  const command = new Command(system.name)
    .description(system.summary)
    .option(
      '--data <path>',
      `a folder, a file or a built-in set: see vaekit data --help (default: ${DEFAULT_DATA})`,
    )
    .option('--out <folder>', 'folder of the run (default: runs/<system>-<data>-<n>)')
    .option('--json', 'print one JSON object at the end');
  addFlags(command, system.options, `Options of ${system.name}:`);
  addFlags(command, trainingOptions, 'Training:');
  addDataFlags(command);
  addEngineFlags(command);
  return command.action(
    async (typed: Record<string, unknown> & { data?: string; out?: string; json?: boolean }) => {
      const signal = interruption();
      const run = await train({
        system,
        data: typed.data ?? DEFAULT_DATA,
        dataOptions: readDataFlags(typed),
        options: readFlags(system.options, typed),
        training: readFlags(trainingOptions, typed),
        engine: readEngineFlags(typed),
        out: typed.out,
        signal,
        command: `vaekit ${process.argv.slice(2).map(quoted).join(' ')}`,
      });
      await follow(run, { json: typed.json === true });
    },
  );
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
