/**
 * What is known of pictures beside their pixels: their classes, from a file labels.csv or from the sub-folders that they
 * lie in, as far as they are there, and whether they are a test set, from folders called train and test.
 */
import { join } from 'node:path';
import { DataError, isMissing, openCsv } from '../../data/index.js';
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
/** Sub-folders of pictures whose class is not known. */
const unlabelledNames = ['unlabelled', 'unlabeled'];
const fileColumns = ['file', 'filename', 'path', 'image'];
const labelColumns = ['label', 'class'];

export interface LabelledPictures {
  /** The pictures in their order, but those for testing last. */
  readonly labelled: Labelled[];
  readonly notices: string[];
  /** How one can see of a picture that its class is not known. */
  readonly unlabelled: string;
}

/**
 * @param pictures paths, sorted
 * @throws DataError if labels.csv has not the columns it should have, or names none of the pictures
 */
export async function labelPictures(
  folder: string,
  files: readonly string[],
  pictures: readonly string[],
): Promise<LabelledPictures> {
  const notices: string[] = [];
  const parts = new Set(pictures.map((path) => path.split('/')[0].toLowerCase()));
  const areParts =
    trainNames.some((name) => parts.has(name)) &&
    [...parts].every((name) => [...trainNames, ...testNames, ...validationNames].includes(name));
  const isTest = (path: string) => areParts && testNames.includes(path.split('/')[0].toLowerCase());
  if (pictures.some(isTest)) notices.push('the sub-folder for testing is the test set');
  const hasFile = files.includes(LABEL_FILE);
  const labels = hasFile
    ? await readLabels(folder, pictures, notices)
    : subFolders(pictures, areParts ? 1 : 0, notices);
  const labelled = pictures.map((path) => ({ path, label: labels?.get(path), isTest: isTest(path) }));
  return {
    labelled: labelled.sort((a, b) => Number(a.isTest) - Number(b.isTest)),
    notices,
    unlabelled: hasFile ? `no label in ${LABEL_FILE}` : 'in no sub-folder of a class',
  };
}

/** The sub-folder of each picture that lies in one, if there is more than one. */
function subFolders(
  pictures: readonly string[],
  depth: number,
  notices: string[],
): Map<string, string> | undefined {
  const steps = pictures.map((path) => path.split('/').slice(depth));
  const isClass = (folder: string) => !unlabelledNames.includes(folder.toLowerCase());
  const within = steps.flatMap(([folder, ...rest], i) =>
    rest.length > 0 && isClass(folder) ? [[pictures[i], folder] as const] : [],
  );
  if (new Set(within.map(([, folder]) => folder)).size > 1) return new Map(within);
  if (within.length > 0 && within.length < pictures.length) {
    notices.push(
      `pictures lie beside the only sub-folder, too (${pictures.length - within.length}), so it is not taken for a class`,
    );
  }
  return undefined;
}

async function readLabels(
  folder: string,
  pictures: readonly string[],
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
  if (!pictures.some((picture) => labels.has(picture))) {
    throw new DataError(
      `${path}: has no label for any picture, as for ${pictures[0]}; add lines for them, or remove ${LABEL_FILE}`,
    );
  }
  const among = new Set(pictures);
  const absent = [...named].filter((file) => !among.has(file)).length;
  if (absent > 0) notices.push(`${LABEL_FILE} names files that are not among the pictures (${absent})`);
  return labels;
}
