/** What is known of samples beside themselves, by names that can be typed: their class, and the factors of generated data. */
import { type Dataset, type Samples, UNKNOWN } from '../data/index.js';
import { UsageError } from './exit.js';

/** One thing known of samples. */
export interface Attribute {
  /** `class`, or a factor's name. */
  readonly name: string;
  /** Names of its values. */
  readonly values: readonly string[];
  /** Index of each sample's value; UNKNOWN where it is not known. */
  readonly of: readonly number[];
}

const CLASS = 'class';

/** @param samples those at the indices */
export function attributesOf(
  { classes, factors = [], factorsOf }: Dataset,
  indices: readonly number[],
  { labels }: Samples,
): Attribute[] {
  const byFactor = indices.map((index) => factorsOf?.(index) ?? []);
  return [
    ...(classes && labels ? [{ name: CLASS, values: classes, of: [...labels] }] : []),
    ...factors.map(({ name, values }, f) => ({
      name,
      values: values.map(String),
      of: byFactor.map((own) => own[f]),
    })),
  ];
}

export interface MembershipOptions {
  /** A class, or NAME=VALUE of a factor. */
  readonly label: string;
  /** The same of another value. @default all others */
  readonly against?: string;
  /** Names of what samples of a cell have in common. */
  readonly balance: readonly string[];
  /** What messages call the data. */
  readonly data: string;
}

export interface Membership {
  /** 1 with the attribute, 0 with its contrary, −1 with neither. */
  readonly has: readonly number[];
  /** Cell of each sample by the attributes to balance. */
  readonly cells: readonly string[];
}

/** @throws UsageError naming what was typed that the data do not have, and what they have */
export function membershipOf(
  attributes: readonly Attribute[],
  { label, against, balance, data }: MembershipOptions,
): Membership {
  const wanted = chosenValue(attributes, 'label', label, data);
  const other = against === undefined ? undefined : chosenValue(attributes, 'against', against, data);
  const { attribute } = wanted;
  if (other && (other.attribute !== attribute || other.value === wanted.value))
    throw new UsageError(`--against ${against}: give another ${attribute.name} than ${label}`);
  const unknown = balance.find((name) => !attributes.some((each) => each.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `--balance ${unknown}: of samples of ${data} these are known: ${attributes.map(({ name }) => name).join(', ')}`,
    );
  if (balance.includes(attribute.name))
    throw new UsageError(`--balance ${attribute.name}: that is what is to be added; balance others`);
  const balanced = attributes.filter(({ name }) => balance.includes(name));
  return {
    has: attribute.of.map((value) => {
      if (value === wanted.value) return 1;
      const isOther = other ? value === other.value : value !== UNKNOWN;
      return isOther ? 0 : -1;
    }),
    cells: attribute.of.map((_, i) => balanced.map(({ of }) => of[i]).join(' ')),
  };
}

function chosenValue(
  attributes: readonly Attribute[],
  flag: string,
  typed: string,
  data: string,
): { attribute: Attribute; value: number } {
  if (attributes.length === 0)
    throw new UsageError(
      `--${flag} ${typed}: nothing is known of samples of ${data} beside themselves; use --between`,
    );
  const [, name = CLASS, valueName = typed] = /^([^=]+)=(.*)$/.exec(typed) ?? [];
  const attribute = attributes.find((each) => each.name === name);
  if (!attribute) {
    const known = attributes.map((each) => each.name).join(', ');
    throw new UsageError(`--${flag} ${typed}: there is no ${name} in ${data}; there are ${known}`);
  }
  const value = attribute.values.indexOf(valueName);
  if (value >= 0) return { attribute, value };
  const shown = attribute.values.slice(0, 12).join(', ') + (attribute.values.length > 12 ? ' …' : '');
  throw new UsageError(`--${flag} ${typed}: a ${name} in ${data} is one of ${shown}`);
}
