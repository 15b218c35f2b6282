/** Options as their schema takes them, or one sentence about the first that it does not take. */
import { z } from 'zod';
import { nearestName, OptionError } from '../../systems/index.js';

/** @throws OptionError naming the first option that there is not, or that cannot be as it is */
export function checkOptions<S extends z.ZodObject>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): z.output<S> {
  const names = Object.keys(schema.shape);
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, names);
    const remedy = nearest ? `did you mean '${nearest}'?` : `options are ${names.join(', ')}`;
    throw new OptionError(unknown, `there is no such option; ${remedy}`);
  }
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [name, ...within] = issue.path.map(String);
  const value = within.reduce<unknown>(
    (whole, key) => Object.entries(whole ?? {}).find(([each]) => each === key)?.[1],
    values[name],
  );
  const nearest =
    typeof value === 'string' && nearestName(value, (choicesOf(schema.shape[name]) ?? []).map(String));
  const hint = nearest ? `; did you mean '${nearest}'?` : '';
  throw new OptionError(name, `${wanted(issue, schema.shape[name])}, not ${shown(value)}${hint}`);
}

/** Words and numbers of which a field takes one; undefined for fields that take more than can be listed. */
export function choicesOf(field: z.core.$ZodType): readonly (string | number)[] | undefined {
  if (field instanceof z.ZodDefault || field instanceof z.ZodOptional) return choicesOf(field.def.innerType);
  if (field instanceof z.ZodEnum) return field.options;
  if (field instanceof z.ZodLiteral)
    return Array.from(field.values).filter((value) => typeof value === 'string' || typeof value === 'number');
  if (!(field instanceof z.ZodUnion)) return undefined;
  const parts = field.options.map(choicesOf);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** What was wrong with a value, as far as it can be told without the value. */
function wanted(issue: z.core.$ZodIssue, field: z.core.$ZodType): string {
  const choices = choicesOf(field);
  if (choices) return `must be one of ${choices.join(', ')}`;
  const taken = expected(issue);
  return taken === undefined ? issue.message : `must be ${taken}`;
}

function expected(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.join(' or ');
    case 'invalid_union':
      return issue.errors.flatMap(([first]) => expected(first) ?? []).join(' or ');
    case 'too_small':
      return amount(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return amount(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    default:
      return undefined;
  }
}

function amount(origin: string, comparison: string, bound: number | bigint): string {
  if (origin === 'string') return bound === 1 ? 'one character' : `${comparison} ${bound} characters`;
  return origin === 'array' ? `${bound} numbers` : `${comparison} ${bound}`;
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
};

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : Array.isArray(value) ? value.join(',') : String(value);
}
