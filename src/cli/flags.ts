/**
 * Flags made of option schemas: every option of a zod schema becomes a flag with its description and default, and what
 * was typed is checked by the schema.
 */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { checkOptions, choicesOf } from '../node/runs/checkOptions.js';
import { flagName } from './flagName.js';

export interface FlagDescription {
  /** As commander takes it: `--batch-size <n>`. */
  readonly flag: string;
  readonly description: string;
  readonly choices?: readonly (string | number)[];
  readonly default?: unknown;
  /** Whether `--no-…` says the contrary. */
  readonly isNegatable: boolean;
}

/** Every option of a schema that has a flag. */
export function describeFlags(schema: z.ZodObject): FlagDescription[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = bare(field);
    const placeholder = placeholderOf(inner);
    if (placeholder === undefined) return [];
    const choices = placeholder === '' ? undefined : choicesOf(inner);
    const value = field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
    return {
      flag: `--${flagName(name)}${placeholder}`,
      description: z.globalRegistry.get(field)?.description ?? '',
      ...(choices ? { choices } : {}),
      ...(value === undefined ? {} : { default: value }),
      isNegatable: inner instanceof z.ZodBoolean && value !== false,
    };
  });
}

/** Adds a flag for every option under a heading of the help. */
export function addFlags(command: Command, schema: z.ZodObject, heading: string): void {
  for (const { flag, description, choices, default: value, isNegatable } of describeFlags(schema)) {
    const notes = [
      choices?.join(', '),
      value === undefined || value === false ? undefined : `default: ${String(value)}`,
      isNegatable && value === true ? `${flag.replace('--', '--no-')} turns it off` : undefined,
    ];
    const text = notes.filter(Boolean).join('; ');
    command.addOption(new Option(flag, text ? `${description} (${text})` : description).helpGroup(heading));
    if (isNegatable) command.addOption(new Option(flag.replace('--', '--no-')).hideHelp());
  }
}

/**
 * Options of a schema out of what commander parsed.
 *
 * @throws OptionError naming the option, what would do, and what was typed
 */
export function readFlags<S extends z.ZodObject>(
  schema: S,
  typed: Readonly<Record<string, unknown>>,
): z.output<S> {
  const given = Object.entries(schema.shape).flatMap(([name, field]) => {
    const value = typed[name];
    if (value === undefined) return [];
    return [[name, typeof value === 'string' ? parse(bare(field), value) : value]];
  });
  return checkOptions(schema, Object.fromEntries(given));
}

/** The same without defaults: what was typed, and nothing else. */
export function readTyped<S extends z.ZodObject>(
  schema: S,
  typed: Readonly<Record<string, unknown>>,
): Partial<z.output<S>> {
  const given = Object.entries(readFlags(schema, typed)).filter(([name]) => typed[name] !== undefined);
  return Object.fromEntries(given) as Partial<z.output<S>>;
}

/** The schema of a value that is given. */
function bare(field: z.core.$ZodType): z.core.$ZodType {
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? bare(field.def.innerType) : field;
}

/** What stands after the flag; nothing for switches, and undefined for what cannot be typed. */
function placeholderOf(field: z.core.$ZodType): string | undefined {
  if (field instanceof z.ZodCustom) return undefined;
  if (field instanceof z.ZodBoolean || (field instanceof z.ZodLiteral && field.value === true)) return '';
  if (field instanceof z.ZodArray)
    return field.def.element instanceof z.ZodString ? ' <name,name,…>' : ' <n,n,…>';
  if (field instanceof z.ZodTuple) return ' <n,n>';
  if (field instanceof z.ZodUnion && field.options.some((option) => option instanceof z.ZodString))
    return ' <file>';
  if (field instanceof z.ZodNumber || field instanceof z.ZodUnion) return ' <n>';
  return choicesOf(field) ? ' <name>' : ' <text>';
}

/** Typed text as the schema wants it: numbers as numbers, lists as lists. What is no number stays text, for the schema to refuse. */
function parse(field: z.core.$ZodType, text: string): unknown {
  if (field instanceof z.ZodArray) return text.split(',').map((part) => parse(field.def.element, part));
  if (field instanceof z.ZodTuple)
    return text.split(',').map((part, i) => parse(field.def.items[i] ?? field.def.items[0], part));
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  const wantsNumber = field instanceof z.ZodNumber || field instanceof z.ZodUnion;
  return isNumber && wantsNumber ? Number(text) : text;
}
