/** What can be chosen by name, such as systems: a list of it, or one with its equation and options. */
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { describeFlags } from './flags.js';
import { columns, print, printJson } from './output.js';
import { plainMath } from './plainMath.js';

export interface Entry {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly objective: string;
  readonly summary: string;
  readonly options: z.ZodObject;
}

export interface Catalogue<E extends Entry> {
  /** What an entry is, such as `a system`. */
  readonly noun: string;
  /** Name of the list in JSON. */
  readonly plural: string;
  readonly entries: readonly E[];
  /** @throws OptionError naming the nearest */
  find(name: string): E;
  /** What stands before the equation: `minimises`. */
  readonly verb: string;
  /** Facts of this kind of entry, for JSON. */
  facts(entry: E): Readonly<Record<string, unknown>>;
  /** The same in words, as pairs of a word and what it is. */
  lines(entry: E): readonly (readonly [string, string])[];
  /** Lines between these and the options. */
  section?(entry: E): readonly string[];
  /** The line that ends the page of an entry. */
  use(entry: E): string;
}

/** Gives a command its argument, flags and action. */
export function defineCatalogue<E extends Entry>(command: Command, catalogue: Catalogue<E>): void {
  const { noun, plural, entries, find } = catalogue;
  command
    .argument('[name]', noun)
    .option('--names', 'names only, one a line')
    .addOption(new Option('--json', 'as JSON').conflicts('names'))
    .action((name: string | undefined, { names, json }: { names?: boolean; json?: boolean }) => {
      const entry = name === undefined ? undefined : find(name);
      const chosen = entry ? [entry] : entries;
      const inJson = (each: E) => plain(each, catalogue);
      if (names) for (const each of chosen) print(each.name);
      else if (json) printJson(entry ? inJson(entry) : { [plural]: entries.map(inJson) });
      else if (entry) show(entry, catalogue);
      else for (const line of columns(chosen.map((each) => [each.name, each.summary]))) print(line);
    });
}

function plain<E extends Entry>(entry: E, { facts }: Catalogue<E>): Record<string, unknown> {
  const { name, title, paper, objective, summary, options } = entry;
  return {
    name,
    title,
    paper,
    objective,
    summary,
    ...facts(entry),
    options: describeFlags(options).map(({ isNegatable: _, ...option }) => option),
  };
}

function show<E extends Entry>(entry: E, { verb, lines, section, use }: Catalogue<E>): void {
  print(`${entry.title} (${entry.name})`);
  print(entry.summary);
  print('');
  const facts = [[verb, plainMath(entry.objective)], ['source', entry.paper], ...lines(entry)];
  const width = Math.max(...facts.map(([word]) => word.length));
  for (const [word, text] of facts) print(`  ${word.padEnd(width)}   ${text}`);
  print('');
  const more = section?.(entry) ?? [];
  for (const line of more) print(line);
  if (more.length > 0) print('');
  print('Options:');
  const rows = describeFlags(entry.options).map(({ flag, description, choices, default: value }) => {
    const notes = [choices?.join(', '), value === undefined ? undefined : `default: ${String(value)}`].filter(
      Boolean,
    );
    return [`  ${flag}`, `${description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`];
  });
  for (const line of columns(rows)) print(line);
  print('');
  print(use(entry));
}
