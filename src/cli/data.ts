/** `vaekit data PATH`: what vaekit sees in data, before anything is trained on it. */
import type { Command } from 'commander';
import { generatedNames } from '../data/index.js';
import { type DatasetReport, describeSource } from '../node/index.js';
import { formatNumber } from '../pictures/index.js';
import { addDataFlags, readDataFlags } from './dataFlags.js';
import { withFlags } from './flagName.js';
import { columns, print, printJson } from './output.js';

export function defineData(command: Command): void {
  command
    .argument('<path>', `a path, or ${generatedNames.join(', ')}`)
    .option('--json', 'as JSON')
    .action(async (path: string, typed: Record<string, unknown> & { json?: boolean }) => {
      const report = await describeSource(path, readDataFlags(typed));
      const notices = report.notices.map(withFlags);
      if (typed.json) printJson({ ...report, notices });
      else for (const line of linesOf({ ...report, notices })) print(line);
    });
  addDataFlags(command);
}

/** Classes and columns are listed up to here. */
const LISTED = 30;

function linesOf(report: DatasetReport): string[] {
  const { name, kind, shape, dtype, size, split, range, values, factors, notices, suggestion } = report;
  const pictures = `pictures of ${shape[0]} × ${shape[1]}, ${channels(shape[2])}, ${dtype}`;
  const facts: [string, string][] = [['samples', `${size} ${kind === 'image' ? pictures : report.samples}`]];
  if (split)
    facts.push(['parts', `${split.train} training, ${split.validation} validation, ${split.test} test`]);
  if (values) {
    const found = `${formatNumber(values.min, 4)} to ${formatNumber(values.max, 4)}, mean ${formatNumber(values.mean, 4)}`;
    const ends = range ? `; black is ${range[0]}, full intensity ${range[1]}` : '';
    facts.push(['values', `${found}${ends}`]);
  }
  if (report.classes) {
    const classes = listed(report.classes.map((entry) => `${entry.name} (${entry.count})`));
    facts.push(['classes', report.unlabelled ? `${classes}; not known (${report.unlabelled})` : classes]);
  }
  if (factors)
    facts.push(['factors', factors.map((factor) => `${factor.name} (${factor.values})`).join(', ')]);
  facts.push([
    'suggested',
    [
      suggestion.system,
      ...(suggestion.architecture ? [`${suggestion.architecture} architecture`] : []),
      ...(suggestion.likelihood ? [`${suggestion.likelihood} likelihood`] : []),
    ].join(', '),
  ]);
  return [
    name,
    ...columns(facts.map(([label, text]) => [`  ${label}`, text])),
    ...columnLines(report),
    ...notices.map((notice) => `  note  ${notice}`),
    '',
    suggestion.command,
  ];
}

function columnLines({ columns: described }: DatasetReport): string[] {
  if (!described) return [];
  const shown = described.slice(0, LISTED).map(({ name, type, min, max, mean, missing, categories }) => {
    const values = categories
      ? listed(categories)
      : `${formatNumber(min, 4)} to ${formatNumber(max, 4)}, mean ${formatNumber(mean, 4)}`;
    return [`    ${name}`, type, `${values}${missing > 0 ? `; ${missing} missing` : ''}`];
  });
  const more = described.length - shown.length;
  return ['  columns', ...columns(shown), ...(more > 0 ? [`    … and ${more} more`] : [])];
}

const listed = (names: readonly string[]) =>
  names.length > LISTED ? `${names.slice(0, LISTED).join(', ')} … ${names.length} in all` : names.join(', ');
const channels = (count: number) =>
  ({ 1: 'grey', 3: 'colour', 4: 'colour with alpha' })[count] ?? `${count} channels`;
