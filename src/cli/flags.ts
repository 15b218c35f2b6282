/**
 * Flags made of option schemas: every option of a zod schema becomes a flag with its description and default, and what
 * was typed is checked by the schema.
 */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { UsageError } from './errors.js';
import { flagName } from './flagName.js';

type Kind = 'boolean' | 'list' | 'value' | 'none';

interface Field {
  kind: Kind;
  choices?: readonly string[];
  defaultValue?: unknown;
}

/** What a field takes on the command line, seen through its defaults and optionality. */
function fieldOf(schema: z.core.$ZodType): Field {
  if (schema instanceof z.ZodDefault)
    return { ...fieldOf(schema.def.innerType), defaultValue: schema.def.defaultValue };
  if (schema instanceof z.ZodOptional) return fieldOf(schema.def.innerType);
  if (schema instanceof z.ZodEnum) return { kind: 'value', choices: schema.options.map(String) };
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean' };
  if (schema instanceof z.ZodArray) return { kind: 'list' };
  if (schema instanceof z.ZodCustom) return { kind: 'none' };
  return { kind: 'value' };
}

export interface OptionDescription {
  readonly flag: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
}

/** Every option of a schema that has a flag. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const { kind, choices, defaultValue } = fieldOf(field);
    if (kind === 'none') return [];
    const placeholder = kind === 'boolean' ? '' : kind === 'list' ? ' <n,n,…>' : ' <value>';
    return {
      flag: `--${flagName(name)}${placeholder}`,
      description: z.globalRegistry.get(field)?.description ?? '',
      ...(choices ? { choices } : {}),
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
    };
  });
}

/** Adds a flag for every option under a heading of the help. */
export function addFlags(command: Command, schema: z.ZodObject, heading: string): void {
  for (const { flag, description, choices, default: value } of describeOptions(schema)) {
    const notes = [
      choices?.join(', '),
      value === undefined || value === false ? undefined : `default: ${String(value)}`,
    ];
    const text = notes.filter(Boolean).join('; ');
    command.addOption(new Option(flag, text ? `${description} (${text})` : description).helpGroup(heading));
  }
}

/** Typed text as the schema wants it: numbers as numbers, lists as lists. */
function parseText(kind: Kind, text: unknown): unknown {
  if (typeof text !== 'string' || kind === 'boolean') return text;
  const number = (part: string) =>
    part.trim() !== '' && Number.isFinite(Number(part)) ? Number(part) : part;
  return kind === 'list' ? text.split(',').map(number) : number(text);
}

/**
 * Options of a schema out of what commander parsed.
 *
 * @throws UsageError that names the flag, the value and what would do
 */
export function readFlags<S extends z.ZodObject>(
  schema: S,
  typed: Readonly<Record<string, unknown>>,
): z.output<S> {
  const given = Object.entries(schema.shape).flatMap(([name, field]) =>
    typed[name] === undefined ? [] : [[name, parseText(fieldOf(field).kind, typed[name])]],
  );
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = String(issue.path[0]);
  throw new UsageError(`--${flagName(name)} ${String(typed[name])}: ${explain(issue, schema.shape[name])}`);
}

function explain(issue: z.core.$ZodIssue, field: z.core.$ZodType | undefined): string {
  const choices = field && fieldOf(field).choices;
  if (choices) return `choose one of ${choices.join(', ')}`;
  switch (issue.code) {
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : `must be a ${issue.expected}`;
    case 'invalid_union':
      return 'must be a number or one of the words in --help';
    default:
      return issue.message;
  }
}
