/** A folder of pictures as a data set. */
import { join } from 'node:path';
import {
  allocateSamples,
  CACHE_BYTES,
  DataError,
  type Dataset,
  elementsPerSample,
  type Identity,
  type ImageSpec,
  type Likeness,
  requireIndices,
} from '../../data/index.js';
import { fileClasses, LABEL_FILE, type Labelled, labelFiles } from './fileLabels.js';
import { inTurns } from './inTurns.js';
import {
  decode,
  loadSharp,
  PICTURE_KINDS,
  PICTURE_PATTERN,
  readHeader,
  requireEnd,
  UnreadablePicture,
} from './pictureFile.js';
import { type FrameOptions, frameFor, frameLike } from './pictureFrame.js';
import { RejectedFiles } from './rejectedFiles.js';

export interface PictureOptions extends FrameOptions {
  /** Whether a file that is no readable picture is an error instead of left out. @default false */
  strict?: boolean;
  /** Data that these are to be read like: of the same size and channels. */
  like?: Likeness;
  /** Bytes of decoded pixels held in memory; pictures beyond are decoded whenever they are asked for. @default 512 MiB */
  cacheBytes?: number;
}

interface Picture extends Labelled {
  /** Decoded, if it is one of those held in memory. */
  readonly pixels?: Uint8Array;
}

/**
 * A file that is cut short is found at once. Pictures that fit in memory are decoded at once, too, which finds any other
 * damage; in a picture beyond, it is an error when the picture is read.
 *
 * @param files of the folder, sorted, relative to it
 * @throws DataError if none can be read, one cannot and `strict` is set, labels do not fit, or sharp is missing
 */
export async function pictureFolder(
  folder: string,
  files: readonly string[],
  identity: Required<Identity>,
  { strict = false, cacheBytes = CACHE_BYTES, like, imageSize, channels: given }: PictureOptions = {},
): Promise<Dataset> {
  const sharp = await loadSharp();
  const rejected = new RejectedFiles({
    folder,
    strict,
    what: 'a picture',
    kinds: PICTURE_KINDS,
    Unreadable: UnreadablePicture,
  });
  const isPicture = (file: string) => PICTURE_PATTERN.test(file);
  for (const file of files) {
    if (!isPicture(file) && file !== LABEL_FILE) rejected.add(file, 'its name is not that of a picture');
  }
  const { labelled, notices, unlabelled } = await labelFiles(
    folder,
    files,
    files.filter(isPicture),
    'pictures',
  );
  const found = await rejected.sift(labelled, async (picture) => {
    const path = join(folder, picture.path);
    const header = await readHeader(sharp, path);
    await requireEnd(path);
    return { ...picture, header };
  });
  const likely = frameLike(like);
  const frame = frameFor(
    folder,
    found.map(({ header }) => header),
    { imageSize: imageSize ?? likely.imageSize, channels: given ?? likely.channels },
  );
  const { height, width, channels } = frame;
  const spec: ImageSpec = {
    kind: 'image',
    shape: [height, width, channels],
    dtype: 'uint8',
    range: [0, 255],
  };
  const sampleSize = elementsPerSample(spec);
  const held = Math.floor(cacheBytes / sampleSize);
  const pixelsOf = (path: string) => decode(sharp, join(folder, path), frame);
  const pictures = await rejected.sift(
    found,
    async ({ path, label, isTest }, i): Promise<Picture> => ({
      path,
      label,
      isTest,
      pixels: i < held ? await pixelsOf(path) : undefined,
    }),
  );
  const { classes, labelled: known, ...labels } = fileClasses(identity.name, pictures, unlabelled, like);
  const testSize = pictures.filter(({ isTest }) => isTest).length;
  return {
    name: identity.name,
    spec,
    size: pictures.length,
    classes,
    labelled: known,
    testSize: testSize > 0 ? testSize : undefined,
    notices: [...rejected.notices, ...frame.notices, ...notices, ...labels.notices],
    fingerprint: identity.fingerprint,
    async read(indices) {
      requireIndices(indices, identity.name, pictures.length);
      const x = allocateSamples(spec, indices.length);
      await inTurns(Array.from(indices), async (index, i) => {
        const { path, pixels } = pictures[index];
        x.set(pixels ?? (await pixelsOf(path).catch(explain(join(folder, path)))), i * sampleSize);
      });
      return { x, labels: labels.read(indices) };
    },
    idOf: (index) => pictures[index].path,
    close: async () => {},
  };
}

/** An error about a picture that was readable, or seemed so, when the folder was opened. */
function explain(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UnreadablePicture)) throw error;
    throw new DataError(`${path}: cannot be read as a picture (${error.message}); mend or remove it`);
  };
}
