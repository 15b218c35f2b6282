/**
 * The generated parts of docs/systems: a reference at the end of every system's page, out of what the system declares, and
 * the tables of the index. What is written by hand stands before them.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { describeFlags } from '../cli/flags.js';
import { hasPhases, orderOf, PHASE_COLUMNS, phaseRows } from '../cli/phaseText.js';
import { plainMath } from '../cli/plainMath.js';
import { autoencoderOptions, type System, systems, vaeOptions } from '../systems/index.js';
import { describeStages } from '../training/index.js';
import { ROOT } from './installedPackage.js';

/** Generated pages, by path. */
export const pagePath = (name: string) => join(ROOT, 'docs', 'systems', `${name}.md`);
/** The picture of a system's example. */
export const figurePath = (name: string) => join(ROOT, 'docs', 'images', 'systems', `${name}.png`);
export const INDEX = 'README';

const BEGIN = '<!-- What follows is generated: npm run docs:systems -->';
const ARXIV = /arXiv:(\d{4}\.\d{4,5})/g;
/** Options of networks and likelihoods, which most systems have. */
const shared = z.object({ ...vaeOptions.shape, ...autoencoderOptions.shape });

/** A page with its generated part as the system, or for the index the list of them, says now. */
export function regenerated(name: string, page: string): string {
  const [written] = page.split(BEGIN);
  const system = systems.find((each) => each.name === name);
  const sections = system ? reference(system) : index();
  return `${[written.trimEnd(), BEGIN, ...sections].join('\n\n')}\n`;
}

function reference(system: System): string[] {
  const { name, title, paper, objective, summary, options } = system;
  const stages = describeStages(system);
  const fields = Object.entries(options.shape);
  const own = fields.filter(([option, field]) => !isShared(option, field));
  return [
    '## Reference',
    `![${title}: the objective over the run of the example, and what came of it](../images/systems/${name}.png)`,
    summary,
    `    ${plainMath(objective)}`,
    `${paper.replace(ARXIV, '[arXiv:$1](https://arxiv.org/abs/$1)')}.`,
    ...(hasPhases(stages) ? [table(PHASE_COLUMNS, phaseRows(stages))] : []),
    ...new Set(stages.flatMap((stage) => orderOf(stage) ?? [])),
    ...(own.length > 0 ? [optionTable(Object.fromEntries(own))] : []),
    ...(own.length < fields.length ? ['Beside these, the [shared options](README.md#shared-options).'] : []),
  ];
}

function isShared(name: string, field: unknown): boolean {
  return [vaeOptions, autoencoderOptions].some(({ shape }) =>
    Object.entries(shape).some(([n, f]) => n === name && f === field),
  );
}

function index(): string[] {
  const rows = systems.map(({ name, title, summary }) => [`[\`${name}\`](${name}.md)`, title, summary]);
  return [
    table(['name', 'system', 'what it is for'], rows),
    '## Shared options',
    'Of systems with encoders, decoders and likelihoods; the first ones of all, `samples` and `kl` of those whose bound is a VAE’s, the last ones of those without a likelihood.',
    optionTable(shared.shape),
  ];
}

function optionTable(shape: z.core.$ZodShape): string {
  const rows = describeFlags(z.object(shape)).map(
    ({ flag, description, choices, default: value, isNegatable }) => [
      `\`${flag}\``,
      value === undefined ? '' : `\`${String(value)}\``,
      [
        description,
        ...(choices ? [choices.map((choice) => `\`${choice}\``).join(', ')] : []),
        ...(isNegatable && value === true ? [`\`${flag.replace('--', '--no-')}\` turns it off`] : []),
      ].join('; '),
    ],
  );
  return table(['option', 'default', 'meaning'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
