/**
 * What is known of samples beside what is in their files: their classes, from a file labels.csv or from the sub-folders
 * that they lie in, and whether they are a test set, from folders called train and test.
 */
import { join } from 'node:path';
import { DataError, openCsv } from '../../data/index.js';
import { readBytes } from '../files.js';

export const LABEL_FILE = 'labels.csv';

export interface Labelled {
  /** Relative to the folder of the data. */
  readonly path: string;
  readonly label?: string;
  readonly isTest: boolean;
}

const trainNames = ['train', 'training'];
const testNames = ['test', 'testing'];
const validationNames = ['val', 'valid', 'validation'];
const fileColumns = ['file', 'filename', 'path', 'image'];
const labelColumns = ['label', 'class'];

/**
 * @param samples paths, sorted
 * @param noun    what messages call the samples: `pictures`
 * @returns the samples in their order, but those for testing last
 * @throws DataError if labels.csv has not the columns it should have, or lacks a sample
 */
export async function labelFiles(
  folder: string,
  files: readonly string[],
  samples: readonly string[],
  noun: string,
): Promise<{ labelled: Labelled[]; notices: string[] }> {
  const notices: string[] = [];
  const parts = new Set(samples.map((path) => path.split('/')[0].toLowerCase()));
  const areParts =
    trainNames.some((name) => parts.has(name)) &&
    [...parts].every((name) => [...trainNames, ...testNames, ...validationNames].includes(name));
  const isTest = (path: string) => areParts && testNames.includes(path.split('/')[0].toLowerCase());
  if (samples.some(isTest)) notices.push('the sub-folder for testing is the test set');
  const labels = files.includes(LABEL_FILE)
    ? await readLabels(folder, samples, noun, notices)
    : subFolders(samples, areParts ? 1 : 0, noun, notices);
  const labelled = samples.map((path) => ({ path, label: labels?.get(path), isTest: isTest(path) }));
  return { labelled: labelled.sort((a, b) => Number(a.isTest) - Number(b.isTest)), notices };
}

/** The sub-folder of each sample, if all lie in one and there is more than one. */
function subFolders(
  samples: readonly string[],
  depth: number,
  noun: string,
  notices: string[],
): Map<string, string> | undefined {
  const steps = samples.map((path) => path.split('/').slice(depth));
  const within = steps.filter(({ length }) => length > 1).length;
  if (within > 0 && within < samples.length) {
    notices.push(
      `${noun} lie beside the sub-folders, too (${samples.length - within}), so these are not taken for classes`,
    );
    return undefined;
  }
  const names = steps.map(([name]) => name);
  return within > 0 && new Set(names).size > 1
    ? new Map(samples.map((path, i) => [path, names[i]]))
    : undefined;
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
  const labels = new Map<string, string>();
  await table.scan((cells) => {
    const file = String(cells[fileColumn]).replaceAll('\\', '/').replace(/^\.\//, '');
    labels.set(file, String(cells[labelColumn]));
  });
  const without = samples.filter((sample) => !labels.get(sample));
  if (without.length > 0) {
    const others = without.length > 1 ? ` and ${without.length - 1} other ${noun}` : '';
    throw new DataError(
      `${path}: has no label for ${without[0]}${others}; add lines for them, or remove ${LABEL_FILE} or the ${noun}`,
    );
  }
  const absent = labels.size - samples.length;
  if (absent > 0) notices.push(`${LABEL_FILE} names files that are not among the ${noun} (${absent})`);
  return labels;
}
