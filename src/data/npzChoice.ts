/** Which arrays of an NPZ file are the samples, and which their labels: by name, or else by size. */
import { DataError } from './dataset.js';
import type { Npz } from './npz.js';
import { countOf, joinArrays, type StoredArray, showShape } from './storedArray.js';

export interface NpzOptions {
  /** Name of the array of samples. @default the one called x, images, data … or else the largest */
  array?: string;
  /** Name of the array of labels, or none. @default the one called y, labels, target … if there is one a sample */
  labels?: string;
}

export interface ChosenArrays {
  readonly samples: StoredArray;
  readonly labels?: StoredArray;
  /** How many of the last samples are of an array for testing. */
  readonly testSize?: number;
  readonly notices: readonly string[];
}

const sampleWords = ['x', 'images', 'image', 'imgs', 'img', 'data', 'samples', 'features'];
const labelWords = ['y', 'labels', 'label', 'targets', 'target', 'classes', 'class', 'object'];
const partWords = {
  train: ['train', 'training'],
  validation: ['val', 'valid', 'validation'],
  test: ['test', 'testing'],
};
const partOrder = ['train', 'validation', 'test'] as const;
type PartName = (typeof partOrder)[number];

interface NamedPart {
  readonly name: string;
  readonly part: PartName | undefined;
}

/** @throws DataError for a name that there is not, and if no array could be samples */
export async function chooseArrays(file: string, npz: Npz, options: NpzOptions = {}): Promise<ChosenArrays> {
  const names = [...npz.keys()];
  const open = (name: string) => {
    const opener = npz.get(name);
    if (!opener) throw new DataError(`${file}: there is no array '${name}'; there are ${names.join(', ')}`);
    return opener();
  };
  const parts =
    options.array === undefined ? partsOf(names, sampleWords) : [{ name: options.array, part: undefined }];
  const chosen = parts.length > 0 ? parts : [{ name: await largest(file, npz), part: undefined }];
  const arrays = await Promise.all(chosen.map(({ name }) => open(name)));
  const samples = await joinArrays(arrays);
  const last = chosen[chosen.length - 1];
  const testSize = last.part === 'test' ? arrays[arrays.length - 1].shape[0] : undefined;
  const taken = chosen.map(({ name }) => name);
  const found = { samples, testSize };
  if (options.labels === 'none') return { ...found, notices: noticesOf(names, taken, []) };
  if (options.labels !== undefined) {
    return {
      ...found,
      labels: await open(options.labels),
      notices: noticesOf(names, taken, [options.labels]),
    };
  }
  const candidates = partsOf(names, labelWords).filter(({ part }) =>
    chosen.some((other) => other.part === part),
  );
  const fitting =
    candidates.length === chosen.length ? await Promise.all(candidates.map(({ name }) => open(name))) : [];
  const fit = fitting.length > 0 && fitting.every((array, i) => areLabels(array, arrays[i].shape[0]));
  return {
    ...found,
    labels: fit ? await joinArrays(fitting) : undefined,
    notices: noticesOf(names, taken, fit ? candidates.map(({ name }) => name) : []),
  };
}

/** Arrays with one of the words in their names: those of training, validation and test, or else the first. */
function partsOf(names: readonly string[], words: readonly string[]): NamedPart[] {
  const matching = words.flatMap((word) => names.filter((name) => tokensOf(name).includes(word)));
  const inParts = partOrder.flatMap((part): NamedPart[] => {
    const name = matching.find((candidate) => partOf(candidate) === part);
    return name === undefined ? [] : [{ name, part }];
  });
  if (inParts[0]?.part === 'train') return inParts;
  return matching.slice(0, 1).map((name) => ({ name, part: undefined }));
}

const tokensOf = (name: string) => name.toLowerCase().split(/[^a-z0-9]+/);

function partOf(name: string): PartName | undefined {
  const tokens = tokensOf(name);
  return partOrder.find((part) => partWords[part].some((word) => tokens.includes(word)));
}

/** The array of numbers with most elements, at least of two axes; others are passed over. */
async function largest(file: string, npz: Npz): Promise<string> {
  let best: { name: string; elements: number } | undefined;
  const seen: string[] = [];
  for (const [name, open] of npz) {
    try {
      const { shape, type } = await open();
      seen.push(`${name} ${type} ${showShape(shape)}`);
      if (shape.length >= 2 && countOf(shape) > (best?.elements ?? 0))
        best = { name, elements: countOf(shape) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      seen.push(`${name} (not numbers)`);
    }
  }
  if (!best) {
    throw new DataError(
      `${file}: holds no array of samples, of two axes or more; there are ${seen.join(', ')}`,
    );
  }
  return best.name;
}

function areLabels({ shape, type }: StoredArray, size: number): boolean {
  return shape[0] === size && countOf(shape) === size && !type.startsWith('float');
}

function noticesOf(names: readonly string[], taken: readonly string[], labels: readonly string[]): string[] {
  const others = names.filter((name) => !taken.includes(name) && !labels.includes(name));
  if (others.length === 0 && labels.length === 0) return [];
  const unused = others.length > 0 ? `; not used: ${others.join(', ')}` : '';
  const withLabels = labels.length > 0 ? ` with labels from ${labels.join(', ')}` : ' without labels';
  return [
    `samples are read from ${taken.join(', ')}${withLabels}${unused} (options array and labels choose others)`,
  ];
}
