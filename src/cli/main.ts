#!/usr/bin/env node
/** The command line: `vaekit VERB …`. Results go to stdout, everything else to stderr; exit codes are in errors.ts. */
import { Command, CommanderError } from 'commander';
import { version } from '../node/version.js';
import { keepYoungGenerationSmall } from '../node/youngGeneration.js';
import { EXIT, UsageError } from './exit.js';
import { note } from './output.js';
import { verbs } from './verbs.js';

/** The program with all its verbs, of which only the one that was asked for is loaded. */
async function buildProgram([asked, ...words]: readonly string[]): Promise<Command> {
  const program = new Command('vaekit')
    .description('Train, look into and ship autoencoders.')
    .version(version)
    .option('--debug', 'print the stack of an error')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText(
      'after',
      '\nStart with:  vaekit train vae\nThen:        vaekit sample last · vaekit traverse last · vaekit export last\nOptions:     vaekit VERB --help',
    );
  for (const { name, description, load } of verbs) {
    const command = program.command(name).description(description);
    if (name === asked) (await load())(command, words);
  }
  return program;
}

/** `help train` is `train --help`, and `--debug` may stand anywhere. */
function normalised(words: readonly string[]): string[] {
  const plain = words.filter((word) => word !== '--debug');
  return plain[0] === 'help' ? [...plain.slice(1), '--help'] : plain;
}

async function run(words: readonly string[]): Promise<void> {
  const [asked] = words;
  const program = await buildProgram(words);
  if (asked === undefined) {
    note(program.helpInformation());
    throw new UsageError('say what to do, as in vaekit train vae');
  }
  if (!asked.startsWith('-') && !verbs.some(({ name }) => name === asked)) {
    const { nearestName } = await import('../systems/index.js');
    const nearest = nearestName(
      asked,
      verbs.map(({ name }) => name),
    );
    const remedy = nearest ? `did you mean '${nearest}'?` : 'vaekit --help lists them';
    throw new UsageError(`there is no command '${asked}'; ${remedy}`);
  }
  await program.parseAsync(words, { from: 'user' });
}

/** One sentence out of what commander found wrong. */
function usageSentence({ message }: CommanderError, [verb, name]: readonly string[]): string {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ \(Did you mean (.*?)\?\)/, '; did you mean $1?')
    .replace('. Expected', ', expected')
    .replace(/\.$/, '');
  if (sentence.endsWith('?')) return sentence;
  const system = verb === 'train' && name !== undefined && !name.startsWith('-') ? [name] : [];
  const command = verb === undefined || verb.startsWith('-') ? [] : [verb, ...system];
  return `${sentence}; see ${['vaekit', ...command, '--help'].join(' ')}`;
}

async function main(typed: readonly string[]): Promise<number> {
  const words = normalised(typed);
  try {
    await run(words);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      note(`vaekit: ${usageSentence(error, words)}`);
      return EXIT.usage;
    }
    const { exitCodeOf, sentenceOf } = await import('./errors.js');
    const isDebugged = typed.includes('--debug') && error instanceof Error;
    note(isDebugged ? String(error.stack) : `vaekit: ${sentenceOf(error)}`);
    return exitCodeOf(error);
  }
}

// Whoever reads our results may stop reading: that is their end of the work, and ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode);
});
// What nobody reads of our progress is lost, and nothing else.
process.stderr.on('error', () => {});

keepYoungGenerationSmall();
process.exitCode = await main(process.argv.slice(2));
