/** `vaekit fit-prior RUN NAME`: fits a distribution on the codes of a run, with the flags of the prior that is named. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { StoredPrior } from '../node/index.js';
import { formatNumber } from '../pictures/typesetting.js';
import { codeValues, type FitEvent, findPrior, type Prior, priors } from '../priors/index.js';
import { trainingOptions } from '../training/options.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { EXIT, UsageError } from './exit.js';
import { addFlags, readFlags, readTyped } from './flags.js';
import { show } from './follow.js';
import { interruption } from './interruption.js';
import { dim, note, ProgressBar, print, printJson } from './output.js';

const codeOptions = z.object({
  fitOn: z
    .enum(codeValues)
    .default('auto')
    .describe('what of an uncertain code: its mean, or draws; auto: draws where there is a posterior'),
});
const seedOption = trainingOptions.pick({ seed: true });

/** @throws UsageError, OptionError if no prior is named, or one that there is not */
export function defineFitPrior(command: Command, words: readonly string[]): void {
  command
    .usage('RUN PRIOR [options]')
    .argument('<run>', 'a folder, a name in runs/, or last')
    .argument('<prior>', priors.map(({ name }) => name).join(', '))
    .option('--json', 'print one JSON object at the end');
  command.addHelpText('after', '\nvaekit fit-prior RUN PRIOR --help shows the options of a prior.');
  const prior = namedIn(words);
  if (prior) definePrior(command, prior);
  else requireName(words);
  addEngineFlags(command);
}

/** The prior that is meant: the second word, or wherever flags have moved it to. */
function namedIn(words: readonly string[]): Prior | undefined {
  const [, ...others] = words;
  const isMeant = (word: string) => priors.find(({ name }) => name === word);
  return others.map(isMeant).find((prior) => prior !== undefined) ?? isMeant(words[0] ?? '');
}

function requireName(words: readonly string[]): void {
  if (words.includes('--help') || words.includes('-h')) return;
  const [run, name] = words;
  const isWord = (word: string | undefined) => word !== undefined && !word.startsWith('-');
  if (isWord(run) && isWord(name)) findPrior(name);
  const names = priors.map((prior) => prior.name).join(', ');
  throw new UsageError(`say which prior to fit, as in vaekit fit-prior last normal; priors are ${names}`);
}

function definePrior(command: Command, prior: Prior): void {
  const { isTrained, codes } = prior;
  addFlags(command, prior.options, `Options of ${prior.name}:`);
  if (codes === 'vectors') addFlags(command, codeOptions, 'Codes:');
  addFlags(command, isTrained ? trainingOptions : seedOption, isTrained ? 'Training:' : 'Fit:');
  command.action(async (run: string, name: string, typed: Record<string, unknown> & { json?: boolean }) => {
    if (name !== prior.name) {
      if (run === prior.name) throw new UsageError(`name the run first: vaekit fit-prior ${name} ${run} …`);
      findPrior(name);
    }
    const { fitPrior } = await import('../node/index.js');
    const display = new Display();
    const signal = interruption('stopping; nothing is kept of a prior that is half fitted');
    try {
      const stored = await fitPrior(run, {
        prior,
        options: readFlags(prior.options, typed),
        fitOn: readFlags(codeOptions, typed).fitOn,
        training: readTyped(isTrained ? trainingOptions : seedOption, typed),
        engine: readEngineFlags(typed),
        signal,
        onEvent: (event) => display.show(event),
      });
      conclude(run, stored, typed.json === true);
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      process.exitCode = EXIT.interrupted;
    } finally {
      display.end();
    }
  });
}

/** What a fit tells while it goes on. */
class Display {
  #bar: ProgressBar | undefined;

  show(event: FitEvent): void {
    if (event.kind === 'codes') note(dim(`fitting on ${event.count} codes of ${event.size} numbers`));
    else if (event.kind === 'start') this.#bar = new ProgressBar(event.totalSteps, event.firstStep);
    else if (event.kind === 'finish') this.end();
    else if (event.kind !== 'facts') show(event, this.#bar);
  }

  end(): void {
    this.#bar?.end();
  }
}

function conclude(run: string, { path, fitted, facts }: StoredPrior, json: boolean): void {
  const { name } = fitted.prior;
  const where = relative(process.cwd(), path) || path;
  if (json) {
    printJson({ prior: name, path, options: fitted.options, facts });
    return;
  }
  const told = Object.entries(facts).map(([fact, value]) => `${fact} ${formatNumber(value, 6)}`);
  print(`${name} fitted${told.length > 0 ? `: ${told.join(', ')}` : ''}`);
  print(`kept in  ${where}`);
  print(`next     vaekit sample ${run} --prior ${name} · vaekit evaluate ${run} --prior ${name}`);
}
