/** Tables as data sets: what their columns are is found out in one pass, and the values are filled in with another. */
import { fromTable } from './arrays.js';
import { type Cell, isMissing } from './cells.js';
import { unknownNotices } from './classes.js';
import { findRoles, type RoleOptions, type Roles, type UsedColumn } from './columnRoles.js';
import { DataError, type Dataset, UNKNOWN } from './dataset.js';
import type { Identity } from './memory.js';
import { columnError, type TableSource } from './tableSource.js';

export interface TableOptions extends RoleOptions {
  /**
   * What to do with rows in which a cell is missing; mask: keep them, with NaN in its place, and learn from the others. Where
   * it is the class that is missing, that is not known. @default 'refuse'
   */
  missing?: 'refuse' | 'drop' | 'mask';
}

/** Cells are missing, and rows that miss some were not asked to be left out. */
export class MissingCellsError extends DataError {}

/**
 * @throws MissingCellsError naming the place of the first missing cell
 * @throws DataError naming the place of the first cell that is infinite or of the wrong type, or a column in the options
 *   that there is not; or if the table has no rows, or no columns to learn from
 */
export async function tableDataset(
  source: TableSource,
  identity: Identity,
  { missing = 'refuse', ...options }: TableOptions = {},
): Promise<Dataset> {
  const roles = await findRoles(source, options);
  if (missing === 'refuse') requireNoneMissing(source, roles.features, !options.like);
  const filled = await fill(source, roles, missing === 'mask');
  const unknown = roles.label
    ? unknownNotices(filled.labels, `empty cells of column '${source.header[roles.label.index]}'`)
    : [];
  const columns = roles.features.map(({ column, profile }) =>
    profile.missing > 0 ? { ...column, missing: profile.missing } : column,
  );
  return fromTable(filled.values, columns, {
    ...identity,
    ids: filled.ids,
    labels: filled.labels,
    classes: roles.label?.classes,
    holes: missing === 'mask',
    notices: [...source.notices, ...roles.notices, ...filled.notices, ...unknown],
  });
}

interface Filled {
  values: Float32Array;
  labels?: Int32Array;
  ids?: string[];
  notices: string[];
}

/** Values of the rows in which no feature is missing; or of all rows, NaN where one is. */
async function fill(
  source: TableSource,
  { features, label, id }: Roles,
  keepsHoles: boolean,
): Promise<Filled> {
  const { count, missing } = features[0].profile;
  const rows = count + missing;
  const values = new Float32Array(rows * features.length);
  const labels = new Int32Array(label ? rows : 0);
  const classes = new Map(label?.classes.map((name, i) => [name, i]));
  const rowNumbers = new Uint32Array(rows);
  const names: string[] = [];
  let [row, kept] = [0, 0];
  await source.scan((cells, place) => {
    const number = row++;
    if (!keepsHoles && features.some(({ index }) => isMissing(cells[index]))) return;
    for (let i = 0; i < features.length; i++) {
      const cell = cells[features[i].index];
      const value = isMissing(cell) ? Number.NaN : Math.fround(features[i].encode(cell));
      if (!Number.isFinite(value) && !isMissing(cell)) {
        const problem = `${cell} is beyond what float32 holds (about 3.4e38); scale the column`;
        throw columnError(source, features[i].column.name, problem, place);
      }
      values[kept * features.length + i] = value;
    }
    if (label) labels[kept] = classes.get(label.profile.nameOf(cells[label.index])) ?? UNKNOWN;
    if (id) names.push(String(cells[id.index]));
    rowNumbers[kept++] = number;
  });
  if (kept === 0) {
    throw new DataError(
      `${source.name}: every row has a missing cell, so none is left; leave out the columns that miss most (${missingCounts(source, features)}) with types NAME=ignore`,
    );
  }
  const holes = missingCounts(source, features);
  const masked =
    keepsHoles && holes ? [`cells are missing (${holes}), and rows that miss some are kept`] : [];
  const dropped = `${rows - kept} of ${rows} rows have missing cells (${missingCounts(source, features)}) and are left out`;
  return {
    values: values.slice(0, kept * features.length),
    labels: label && labels.slice(0, kept),
    ids: id ? names : kept < rows ? Array.from(rowNumbers.subarray(0, kept), String) : undefined,
    notices: kept < rows ? [dropped] : masked,
  };
}

/**
 * @param mayKeep whether holes can be learnt from, rather than be more than a model was trained with
 * @throws MissingCellsError at the first missing cell
 */
function requireNoneMissing(source: TableSource, used: readonly UsedColumn[], mayKeep: boolean): void {
  const missing = used.flatMap(({ index, profile }) =>
    profile.firstMissing ? [{ index, ...profile.firstMissing }] : [],
  );
  const first = missing.sort((a, b) => a.place - b.place)[0];
  if (!first) return;
  const counts = missingCounts(source, used);
  const remedy = mayKeep
    ? 'keep such rows with missing=mask, leave them out with missing=drop, or fill them in'
    : 'fill them in, or leave such rows out with missing=drop';
  const problem = `the cell is missing${shown(first.cell)}; missing cells by column: ${counts}; ${remedy}`;
  throw new MissingCellsError(columnError(source, source.header[first.index], problem, first.place).message);
}

const shown = (cell: Cell) => (typeof cell === 'string' && cell !== '' ? ` ('${cell}')` : '');

function missingCounts({ header }: TableSource, used: readonly UsedColumn[]): string {
  const counts = used
    .filter(({ profile }) => profile.missing > 0)
    .map(({ index, profile }) => `${header[index]} ${profile.missing}`);
  return counts.slice(0, 5).join(', ') + (counts.length > 5 ? ' …' : '');
}
