/** What each column of a table is for: which are learned from, which names the classes, which the rows. */
import { requireKnown, sortedNames } from './classes.js';
import { ColumnProfile } from './columnProfile.js';
import { type Column, DataError, type Likeness } from './dataset.js';
import { type Feature, featureOf, isColumn, noticeOf, type TypeOption } from './features.js';
import { rowOf } from './specs.js';
import { columnError, type TableSource } from './tableSource.js';

export interface RoleOptions {
  /** Types of columns, for those that are not to be inferred. */
  types?: Readonly<Record<string, TypeOption>>;
  /** Column that holds the classes, or none; auto: the one named label, class, target or y. @default 'auto' */
  labelColumn?: string;
  /** Data that these are to be read like: its columns, types and categories, and nothing else. */
  like?: Likeness;
}

type Declared = ReadonlyMap<string, TypeOption | Column>;

export interface UsedColumn {
  readonly index: number;
  readonly profile: ColumnProfile;
}

export interface Roles {
  readonly features: readonly (Feature & UsedColumn)[];
  readonly label?: UsedColumn & { readonly classes: readonly string[] };
  readonly id?: UsedColumn;
  readonly notices: readonly string[];
}

const labelNames = ['label', 'class', 'target', 'y'];
/** More classes than this are a number to predict, not classes. */
const MOST_CLASSES = 1000;
const idPattern = /^(id|index|uuid|guid|row|row[_ ]?id|unnamed: 0|__index_level_0__)$/i;
/** With fewer rows, that all values differ says nothing. */
const FEWEST_IDS = 3;

/**
 * @throws DataError for a column in the options that there is not, for cells that do not suit their column's type, and
 *   if no column is left to learn from
 */
export async function findRoles(
  source: TableSource,
  { types = {}, labelColumn = 'auto', like }: RoleOptions,
): Promise<Roles> {
  const { name, header } = source;
  const known = like && rowOf(like.spec)?.columns;
  const declared: Declared = new Map<string, TypeOption | Column>([
    ...Object.entries(types),
    ...(known ?? []).map((column) => [column.name, column] as const),
  ]);
  requireColumns(source, known ? known.map((column) => column.name) : [...declared.keys()]);
  // Data that are read like others may lack the labels of those.
  const hasLabels = labelColumn === 'auto' || labelColumn === 'none' || header.includes(labelColumn);
  if (!hasLabels && !like) requireColumns(source, [labelColumn]);
  const profiles = await profileColumns(source, declared);
  const label = hasLabels
    ? findLabel(source, profiles, declared, labelColumn, like?.classes !== undefined)
    : undefined;
  const classes = label === undefined ? [] : (like?.classes ?? sortedNames(profiles[label].values));
  if (label !== undefined)
    requireKnown(`${name}, column '${header[label]}'`, profiles[label].values, classes);
  const free = [...header.keys()].filter((index) => index !== label && !declared.has(header[index]));
  const ids = free.filter((index) => areIds(header[index], profiles[index]));
  // A column that is called an id is a better one than words or dates that happen to be all different.
  const id = ids.find((index) => idPattern.test(header[index])) ?? ids[0];
  const notices: string[] = [];
  if (label !== undefined && labelColumn === 'auto') {
    notices.push(
      `column '${header[label]}' gives the ${classes.length} classes; labelColumn=none makes it a feature`,
    );
  }
  if (id !== undefined) notices.push(`column '${header[id]}' names the rows and is no feature`);
  const features: (Feature & UsedColumn)[] = [];
  for (const index of known ? known.map((column) => header.indexOf(column.name)) : header.keys()) {
    if (index === label || index === id) continue;
    const column = header[index];
    const profile = profiles[index];
    const feature = ids.includes(index)
      ? { leftOut: 'its values are all different' }
      : featureOf(column, profile, declared.get(column), (problem, place) =>
          columnError(source, column, problem, place),
        );
    if ('leftOut' in feature) {
      notices.push(`column '${column}' is left out: ${feature.leftOut}`);
      continue;
    }
    const notice = known ? undefined : noticeOf(feature.column, profile);
    if (notice) notices.push(notice);
    features.push({ ...feature, index, profile });
  }
  if (features.length === 0) {
    throw new DataError(
      `${name}: no column is left to learn from (${notices.join('; ')}); declare types to keep some`,
    );
  }
  const used = (index: number): UsedColumn => ({ index, profile: profiles[index] });
  return {
    features,
    label: label === undefined ? undefined : { ...used(label), classes },
    id: id === undefined ? undefined : used(id),
    notices,
  };
}

function requireColumns({ name, header }: TableSource, wanted: readonly string[]): void {
  const unknown = wanted.find((column) => !header.includes(column));
  if (unknown === undefined) return;
  const known = header.slice(0, 12).join(', ') + (header.length > 12 ? ' …' : '');
  throw new DataError(`${name}: there is no column '${unknown}'; there are ${known}`);
}

async function profileColumns(source: TableSource, declared: Declared): Promise<ColumnProfile[]> {
  const profiles = source.header.map((name) => {
    const given = declared.get(name);
    const type = isColumn(given) ? given.type : given;
    const areNumbers = type === 'numeric' || type === 'count';
    const asText = areNumbers ? false : type !== undefined || source.typed;
    return new ColumnProfile({ asText, mayBeId: idPattern.test(name) });
  });
  let rows = 0;
  await source.scan((cells, place) => {
    rows++;
    for (let i = 0; i < cells.length; i++) profiles[i].observe(cells[i], place);
  });
  if (rows === 0) throw new DataError(`${source.name}: has a header but no rows; give at least one`);
  return profiles;
}

/** Words or dates that are all different, or a column that is called an id and keeps to it. */
function areIds(name: string, profile: ColumnProfile): boolean {
  if (!profile.areAllDifferent || profile.count < FEWEST_IDS) return false;
  return idPattern.test(name) || profile.numbers === 0;
}

/** @param areKnown whether the classes are known, so that only few of them may come up */
function findLabel(
  source: TableSource,
  profiles: readonly ColumnProfile[],
  declared: Declared,
  labelColumn: string,
  areKnown: boolean,
): number | undefined {
  const { header } = source;
  if (labelColumn === 'none') return undefined;
  if (labelColumn === 'auto') {
    const lower = header.map((name) => name.toLowerCase());
    return labelNames
      .map((name) => lower.indexOf(name))
      .find(
        (at) =>
          at >= 0 &&
          !declared.has(header[at]) &&
          (areKnown || recur(profiles[at])) &&
          areClasses(profiles[at]),
      );
  }
  const index = header.indexOf(labelColumn);
  if (!areClasses(profiles[index])) {
    throw columnError(
      source,
      labelColumn,
      `its values cannot be classes, which are words or whole numbers and at most ${MOST_CLASSES}; choose another column, or labelColumn=none`,
    );
  }
  return index;
}

function areClasses({ values, count, firstFraction, firstInfinite }: ColumnProfile): boolean {
  return count > 0 && values.size <= MOST_CLASSES && !firstFraction && !firstInfinite;
}

/** Whether values come up twice on average, as classes do. */
const recur = ({ values, count }: ColumnProfile) => 2 * values.size <= Math.max(4, count);
