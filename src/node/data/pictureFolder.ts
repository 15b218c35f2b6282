/** A folder of pictures as a data set. */
import { join } from 'node:path';
import {
  allocateSamples,
  byCodePoint,
  CACHE_BYTES,
  classify,
  DataError,
  type Dataset,
  elementsPerSample,
  type Identity,
  type ImageSpec,
  type Likeness,
  labelledOf,
  requireIndices,
  unknownNotices,
} from '../../data/index.js';
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
import { LABEL_FILE, type Labelled, labelPictures } from './pictureLabels.js';

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

/** Files that are named in a message. */
const NAMED_FILES = 5;

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
  const rejected = new RejectedFiles(folder, strict);
  const isPicture = (file: string) => PICTURE_PATTERN.test(file);
  for (const file of files) {
    if (!isPicture(file) && file !== LABEL_FILE) rejected.add(file, 'its name is not that of a picture');
  }
  const { labelled, notices, unlabelled } = await labelPictures(folder, files, files.filter(isPicture));
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
  const labels = pictures.map(({ label }) => label);
  const classes = labels.some((label) => label !== undefined)
    ? classify(identity.name, labels, like?.classes)
    : undefined;
  const testSize = pictures.filter(({ isTest }) => isTest).length;
  return {
    name: identity.name,
    spec,
    size: pictures.length,
    classes: classes?.classes,
    labelled: labelledOf(classes?.labels),
    testSize: testSize > 0 ? testSize : undefined,
    notices: [
      ...rejected.notices,
      ...frame.notices,
      ...notices,
      ...unknownNotices(classes?.labels, unlabelled),
    ],
    fingerprint: identity.fingerprint,
    async read(indices) {
      requireIndices(indices, identity.name, pictures.length);
      const x = allocateSamples(spec, indices.length);
      await inTurns(Array.from(indices), async (index, i) => {
        const { path, pixels } = pictures[index];
        x.set(pixels ?? (await pixelsOf(path).catch(explain(join(folder, path)))), i * sampleSize);
      });
      return { x, labels: classes && Int32Array.from(indices, (index) => classes.labels[index]) };
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

/** Files that are left out, and why. */
class RejectedFiles {
  readonly #reasons = new Map<string, string>();

  constructor(
    readonly folder: string,
    readonly strict: boolean,
  ) {}

  /** @throws DataError if no file may be rejected */
  add(file: string, reason: string): void {
    if (this.strict) {
      throw new DataError(
        `${join(this.folder, file)}: ${reason}; remove it, or leave out strict to go on without it`,
      );
    }
    this.#reasons.set(file, reason);
  }

  /**
   * What `f` makes of pictures, without those that it finds unreadable.
   *
   * @throws DataError if none is left
   */
  async sift<T extends { path: string }, R>(
    pictures: readonly T[],
    f: (picture: T, index: number) => Promise<R>,
  ): Promise<R[]> {
    const outcomes = await inTurns(pictures, (picture, i) =>
      f(picture, i).catch((error: unknown) => {
        if (error instanceof UnreadablePicture) return error;
        throw error;
      }),
    );
    const kept: R[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome instanceof UnreadablePicture) this.add(pictures[i].path, outcome.message);
      else kept.push(outcome);
    }
    if (kept.length === 0) {
      throw new DataError(
        `${this.folder}: no file can be read as a picture: ${this.#named()}; give ${PICTURE_KINDS}`,
      );
    }
    return kept;
  }

  get notices(): string[] {
    const count = this.#reasons.size;
    if (count === 0) return [];
    return [`${count} ${count === 1 ? 'file is' : 'files are'} left out: ${this.#named()}`];
  }

  #named(): string {
    const files = [...this.#reasons.keys()].sort(byCodePoint);
    const named = files.slice(0, NAMED_FILES).map((file) => `${file} (${this.#reasons.get(file)})`);
    return named.join(', ') + (files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : '');
  }
}
