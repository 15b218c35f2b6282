/** A folder of point clouds, one a file, as a data set. */
import { join } from 'node:path';
import {
  allocateSamples,
  CACHE_BYTES,
  CLOUD_KINDS,
  CLOUD_PATTERN,
  DataError,
  type Dataset,
  hasRepeats,
  type Identity,
  type Likeness,
  normalised,
  type PointsSpec,
  readCloud,
  requireIndices,
  resampled,
  type Sampling,
  UnreadableCloud,
} from '../../data/index.js';
import { fileClasses, LABEL_FILE, labelFiles } from './fileLabels.js';
import { fileSource } from './fileSource.js';
import { inTurns } from './inTurns.js';
import { RejectedFiles } from './rejectedFiles.js';

export interface CloudOptions {
  /** Points of every cloud. @default the number that half of the clouds have or more, at most 2048 */
  points?: number;
  /** How fewer points are chosen. @default 'random' */
  sampling?: Sampling;
  /** Whether a file that is no cloud is an error instead of left out. @default false */
  strict?: boolean;
  /** Data that these are to be read like: of as many points. */
  like?: Likeness;
  /** Bytes of samples held in memory; clouds beyond are read whenever they are asked for. @default 512 MiB */
  cacheBytes?: number;
}

/** What is found out about a file when the folder is opened. */
interface Found {
  readonly path: string;
  readonly label?: string;
  readonly isTest: boolean;
  /** Number of the sample, for its draws. */
  readonly index: number;
  readonly count: number;
  readonly dimensions: number;
  readonly isMesh: boolean;
  readonly hasRepeats: boolean;
}

const MOST_DEFAULT_POINTS = 2048;

/**
 * @param files of the folder, sorted, relative to it
 * @throws DataError if none is a cloud, one is not and `strict` is set, or labels or options do not fit
 */
export async function cloudFolder(
  folder: string,
  files: readonly string[],
  identity: Required<Identity>,
  options: CloudOptions = {},
): Promise<Dataset> {
  const { strict = false, cacheBytes = CACHE_BYTES, like, sampling } = options;
  const what = { what: 'a cloud of points', kinds: CLOUD_KINDS, Unreadable: UnreadableCloud };
  const rejected = new RejectedFiles({ folder, strict, ...what });
  const isCloud = (file: string) => CLOUD_PATTERN.test(file);
  for (const file of files) {
    if (!isCloud(file) && file !== LABEL_FILE) rejected.add(file, 'its name is not that of a cloud');
  }
  const { labelled, notices, unlabelled } = await labelFiles(folder, files, files.filter(isCloud), 'clouds');
  const all = await rejected.sift(labelled, (file, index) => examine(folder, { ...file, index }));
  const found = ofOneDimension(all, rejected);
  const [{ dimensions }] = found;
  const points = options.points ?? pointsLike(like) ?? usualCount(found);
  if (!Number.isInteger(points) || points < 2)
    throw new DataError(`${folder}: the option points is a whole number from 2 on, not ${points}`);
  const spec: PointsSpec = { kind: 'points', shape: [points, dimensions], dtype: 'float32' };
  const size = points * dimensions;
  const held = Math.floor(cacheBytes / (size * Float32Array.BYTES_PER_ELEMENT));
  const prepared = async (cloud: Found) => {
    const { values } = await read(folder, cloud.path, cloud.index);
    return resampled(normalised(values, dimensions), dimensions, { points, sampling, index: cloud.index });
  };
  const cached = await inTurns(found.slice(0, held), prepared);
  const { classes, labelled: known, ...labels } = fileClasses(identity.name, found, unlabelled, like);
  const testSize = found.filter(({ isTest }) => isTest).length;
  return {
    name: identity.name,
    spec,
    size: found.length,
    classes,
    labelled: known,
    testSize: testSize > 0 ? testSize : undefined,
    notices: [...rejected.notices, ...noticesOf(found, points), ...notices, ...labels.notices],
    fingerprint: identity.fingerprint,
    async read(indices) {
      requireIndices(indices, identity.name, found.length);
      const x = allocateSamples(spec, indices.length);
      await inTurns(Array.from(indices), async (index, i) => {
        x.set(
          cached[index] ?? (await prepared(found[index]).catch(explain(join(folder, found[index].path)))),
          i * size,
        );
      });
      return { x, labels: labels.read(indices) };
    },
    idOf: (index) => found[index].path,
    close: async () => {},
  };
}

async function read(folder: string, path: string, index: number) {
  const source = await fileSource(join(folder, path), path);
  try {
    return await readCloud(source, index);
  } finally {
    await source.close();
  }
}

/** @throws UnreadableCloud if the file is no cloud */
async function examine(
  folder: string,
  file: Omit<Found, 'count' | 'dimensions' | 'isMesh' | 'hasRepeats'>,
): Promise<Found> {
  const { values, dimensions, isMesh } = await read(folder, file.path, file.index);
  normalised(values, dimensions);
  return {
    ...file,
    count: values.length / dimensions,
    dimensions,
    isMesh,
    hasRepeats: hasRepeats(values, dimensions),
  };
}

/** Clouds of as many dimensions as the first. */
function ofOneDimension(all: readonly Found[], rejected: RejectedFiles): Found[] {
  const [{ dimensions }] = all;
  return all.filter((cloud) => {
    const fits = cloud.dimensions === dimensions;
    if (!fits)
      rejected.add(cloud.path, `it has ${cloud.dimensions} dimensions, and others have ${dimensions}`);
    return fits;
  });
}

function pointsLike(like: Likeness | undefined): number | undefined {
  return like?.spec.kind === 'points' ? like.spec.shape[0] : undefined;
}

/** The middle one of the numbers of points. */
function usualCount(found: readonly Found[]): number {
  const counts = found.map(({ count }) => count).sort((a, b) => a - b);
  return Math.min(MOST_DEFAULT_POINTS, counts[Math.floor(counts.length / 2)]);
}

function noticesOf(found: readonly Found[], points: number): string[] {
  const all = found.length;
  const clouds = found.filter(({ isMesh }) => !isMesh);
  const count = (test: (cloud: Found) => boolean) => clouds.filter(test).length;
  const [meshes, larger, smaller, repeated] = [
    all - clouds.length,
    count((cloud) => cloud.count > points),
    count((cloud) => cloud.count < points),
    count((cloud) => cloud.hasRepeats),
  ];
  const notices = [
    meshes > 0 && `${meshes} of ${all} files are meshes, of whose surface ${points} points are drawn`,
    larger > 0 &&
      `${larger} of ${all} clouds have more than ${points} points, of which ${points} are taken; points=N changes that`,
    smaller > 0 &&
      `${smaller} of ${all} clouds have fewer than ${points} points, some of which are taken again`,
    repeated > 0 && `${repeated} of ${all} clouds have points at the same place, which are kept`,
  ];
  return notices.filter((notice) => notice !== false);
}

/** An error about a cloud that could be read when the folder was opened. */
function explain(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UnreadableCloud)) throw error;
    throw new DataError(`${path}: cannot be read as a cloud of points (${error.message}); mend or remove it`);
  };
}
