#!/usr/bin/env node
/** The command line: `vaekit VERB …`. Results go to stdout, everything else to stderr; exit codes are in errors.ts. */
import { Command, CommanderError } from 'commander';
import { version } from '../node/index.js';
import { nearestName } from '../systems/index.js';
import { benchCommand } from './bench.js';
import { dataCommand } from './data.js';
import { doctorCommand } from './doctor.js';
import { encodeCommand } from './encode.js';
import { EXIT, exitCodeOf, sentenceOf } from './errors.js';
import { exportCommand } from './export.js';
import { interpolateCommand } from './interpolate.js';
import { note } from './output.js';
import { reconstructCommand } from './reconstruct.js';
import { resumeCommand } from './resume.js';
import { sampleCommand } from './sample.js';
import { systemsCommand } from './systems.js';
import { trainCommand } from './train.js';
import { traverseCommand } from './traverse.js';

const verbs = [
  trainCommand,
  resumeCommand,
  encodeCommand,
  reconstructCommand,
  sampleCommand,
  traverseCommand,
  interpolateCommand,
  exportCommand,
  systemsCommand,
  dataCommand,
  benchCommand,
  doctorCommand,
];

function buildProgram(): Command {
  const program = new Command('vaekit')
    .description('Train, look into and ship autoencoders.')
    .version(version)
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      '\nStart with:  vaekit train vae\nThen:        vaekit sample last · vaekit traverse last · vaekit export last',
    );
  for (const verb of verbs) program.addCommand(verb());
  for (const command of [program, ...allBelow(program)]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  return program;
}

function allBelow(command: Command): Command[] {
  return command.commands.flatMap((below) => [below, ...allBelow(below)]);
}

/** One sentence out of what commander found wrong. */
function usageSentence(
  { code, message }: CommanderError,
  program: Command,
  words: readonly string[],
): string {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .replace('(Did you mean', '(did you mean');
  if (code !== 'commander.unknownCommand' && code !== 'commander.excessArguments')
    return `${sentence}; see vaekit ${words[0] ?? ''} --help`;
  const name = words.find((word) => !word.startsWith('-')) ?? '';
  const nearest = nearestName(
    name,
    program.commands.map((command) => command.name()),
  );
  return `there is no command '${name}'${nearest ? `; did you mean '${nearest}'?` : '; vaekit --help lists them'}`;
}

async function main(words: readonly string[]): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync(words, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      if (error.code === 'commander.help') process.stderr.write(program.helpInformation());
      else note(`vaekit: ${usageSentence(error, program, words)}`);
      return EXIT.usage;
    }
    if (words.includes('--debug') && error instanceof Error) note(error.stack ?? error.message);
    else note(`vaekit: ${sentenceOf(error)}`);
    return exitCodeOf(error);
  }
}

// Whoever reads our output may stop reading: that is their end of the work, and ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode);
});

process.exitCode = await main(process.argv.slice(2));
