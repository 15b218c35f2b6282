/**
 * What is known of samples beside what is in their files: their classes, from a file labels.csv or from the sub-folders
 * that they lie in, as far as they are there, and whether they are a test set, from folders called train and test.
 */
import { join } from 'node:path';
import {
  classify,
  DataError,
  type Dataset,
  isMissing,
  type Likeness,
  labelledOf,
  openCsv,
  unknownNotices,
} from '../../data/index.js';
import { readBytes } from '../files.js';

export const LABEL_FILE = 'labels.csv';

export interface Labelled {
  /** Relative to the folder of the data. */
  readonly path: string;
  /** Absent where the class is not known. */
  readonly label?: string;
  readonly isTest: boolean;
}

const trainNames = ['train', 'training'];
const testNames = ['test', 'testing'];
const validationNames = ['val', 'valid', 'validation'];
/** Sub-folders of samples whose class is not known. */
const unlabelledNames = ['unlabelled', 'unlabeled'];
const fileColumns = ['file', 'filename', 'path', 'image'];
const labelColumns = ['label', 'class'];

export interface LabelledFiles {
  /** The samples in their order, but those for testing last. */
  readonly labelled: Labelled[];
  readonly notices: string[];
  /** How one can see of a sample that its class is not known. */
  readonly unlabelled: string;
}

/**
 * @param samples paths, sorted
 * @param noun    what messages call the samples: `pictures`
 * @throws DataError if labels.csv has not the columns it should have, or names none of the samples
 */
export async function labelFiles(
  folder: string,
  files: readonly string[],
  samples: readonly string[],
  noun: string,
): Promise<LabelledFiles> {
  const notices: string[] = [];
  const parts = new Set(samples.map((path) => path.split('/')[0].toLowerCase()));
  const areParts =
    trainNames.some((name) => parts.has(name)) &&
    [...parts].every((name) => [...trainNames, ...testNames, ...validationNames].includes(name));
  const isTest = (path: string) => areParts && testNames.includes(path.split('/')[0].toLowerCase());
  if (samples.some(isTest)) notices.push('the sub-folder for testing is the test set');
  const hasFile = files.includes(LABEL_FILE);
  const labels = hasFile
    ? await readLabels(folder, samples, noun, notices)
    : subFolders(samples, areParts ? 1 : 0, noun, notices);
  const labelled = samples.map((path) => ({ path, label: labels?.get(path), isTest: isTest(path) }));
  return {
    labelled: labelled.sort((a, b) => Number(a.isTest) - Number(b.isTest)),
    notices,
    unlabelled: hasFile ? `no label in ${LABEL_FILE}` : 'in no sub-folder of a class',
  };
}

/** What a data set says of the classes of its samples: nothing where none is known. */
export interface FileClasses extends Pick<Dataset, 'classes' | 'labelled' | 'notices'> {
  /** Of the samples with these indices. */
  read(indices: ArrayLike<number>): Int32Array | undefined;
}

/**
 * @param samples    those that can be read
 * @param unlabelled how one can see of a sample that its class is not known
 * @throws DataError naming a class that other data, as which these are to be read, do not have
 */
export function fileClasses(
  name: string,
  samples: readonly Pick<Labelled, 'label'>[],
  unlabelled: string,
  like?: Likeness,
): FileClasses {
  const names = samples.map(({ label }) => label);
  if (names.every((label) => label === undefined)) return { notices: [], read: () => undefined };
  const { classes, labels } = classify(name, names, like?.classes);
  return {
    classes,
    labelled: labelledOf(labels),
    notices: unknownNotices(labels, unlabelled),
    read: (indices) => Int32Array.from(indices, (index) => labels[index]),
  };
}

/** The sub-folder of each sample that lies in one, if there is more than one. */
function subFolders(
  samples: readonly string[],
  depth: number,
  noun: string,
  notices: string[],
): Map<string, string> | undefined {
  const steps = samples.map((path) => path.split('/').slice(depth));
  const isClass = (folder: string) => !unlabelledNames.includes(folder.toLowerCase());
  const within = steps.flatMap(([folder, ...rest], i) =>
    rest.length > 0 && isClass(folder) ? [[samples[i], folder] as const] : [],
  );
  if (new Set(within.map(([, folder]) => folder)).size > 1) return new Map(within);
  if (within.length > 0 && within.length < samples.length) {
    notices.push(
      `${noun} lie beside the only sub-folder, too (${samples.length - within.length}), so it is not taken for a class`,
    );
  }
  return undefined;
}

async function readLabels(
  folder: string,
  samples: readonly string[],
  noun: string,
  notices: string[],
): Promise<Map<string, string>> {
  const path = join(folder, LABEL_FILE);
  const bytes = await readBytes(path);
  const table = await openCsv(path, async function* () {
    yield bytes;
  });
  const columnOf = (names: readonly string[]) =>
    table.header.findIndex((name) => names.includes(name.toLowerCase()));
  const [fileColumn, labelColumn] = [columnOf(fileColumns), columnOf(labelColumns)];
  if (fileColumn < 0 || labelColumn < 0) {
    throw new DataError(`${path}: its columns are ${table.header.join(', ')}; call them file and label`);
  }
  const named = new Set<string>();
  const labels = new Map<string, string>();
  await table.scan((cells) => {
    const file = String(cells[fileColumn]).replaceAll('\\', '/').replace(/^\.\//, '');
    named.add(file);
    if (!isMissing(cells[labelColumn])) labels.set(file, String(cells[labelColumn]));
  });
  if (!samples.some((sample) => labels.has(sample))) {
    throw new DataError(
      `${path}: has no label for any of the ${noun}, as for ${samples[0]}; add lines for them, or remove ${LABEL_FILE}`,
    );
  }
  const among = new Set(samples);
  const absent = [...named].filter((file) => !among.has(file)).length;
  if (absent > 0) notices.push(`${LABEL_FILE} names files that are not among the ${noun} (${absent})`);
  return labels;
}
