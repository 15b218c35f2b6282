/** The one size and number of channels that all pictures of a folder are brought to. */
import { DataError, type Likeness } from '../../data/index.js';
import type { Channels, DecodeOptions, PictureHeader } from './pictureFile.js';

export interface FrameOptions {
  /**
   * Side of squares, or HEIGHTxWIDTH, in pixels. @default the pictures' own size if they are all of one and no side is
   * longer than 128, else 64
   */
  imageSize?: string;
  /** 1: grey, 3: colour, 4: colour and alpha. @default 1 if all pictures are grey, else 3 */
  channels?: Channels;
}

export interface Frame extends DecodeOptions {
  /** What the user should know about the choice. */
  readonly notices: readonly string[];
}

const LONGEST_OWN_SIDE = 128;
const DEFAULT_SIDE = 64;
const LONGEST_SIDE = 4096;

/** @throws DataError if an option is not what it may be */
export function frameFor(
  folder: string,
  headers: readonly PictureHeader[],
  { imageSize, channels }: FrameOptions,
): Frame {
  if (channels !== undefined && ![1, 3, 4].includes(channels)) {
    throw new DataError(`${folder}: the option channels is 1, 3 or 4, not ${channels}`);
  }
  const given = imageSize === undefined ? undefined : parseSize(folder, imageSize);
  const size = given ?? ownSize(headers);
  const chosen = size ?? { height: DEFAULT_SIDE, width: DEFAULT_SIDE };
  const grey = headers.filter(({ isGrey }) => isGrey).length;
  const transparent = headers.filter(({ hasAlpha }) => hasAlpha).length;
  const deep = headers.filter(({ isDeep }) => isDeep).length;
  const all = headers.length;
  const notices = [
    !size &&
      `pictures ${spread(headers)} are cut square in the middle and scaled to ${DEFAULT_SIDE}×${DEFAULT_SIDE}; imageSize=HEIGHTxWIDTH chooses another size`,
    channels === undefined &&
      grey > 0 &&
      grey < all &&
      `${grey} of ${all} pictures are grey and read as colour, as the others are`,
    channels !== 4 &&
      transparent > 0 &&
      `${transparent} of ${all} pictures may be transparent and are shown on white, which reading them with 4 channels avoids`,
    deep > 0 && `${deep} of ${all} pictures have more than 8 bits a channel, which are reduced to 8`,
  ];
  return {
    ...chosen,
    channels: channels ?? (grey === all ? 1 : 3),
    notices: notices.filter((notice) => notice !== false),
  };
}

/** Options for the frame of other pictures, as far as pictures can have it. */
export function frameLike(like: Likeness | undefined): FrameOptions {
  if (like?.spec.kind !== 'image') return {};
  const [height, width, count] = like.spec.shape;
  const channels = ([1, 3, 4] as const).find((possible) => possible === count);
  return { imageSize: `${height}x${width}`, channels };
}

function parseSize(folder: string, text: string): { height: number; width: number } {
  const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  const sides = [Number(height), Number(width)];
  if (!sides.every((side) => side >= 1 && side <= LONGEST_SIDE)) {
    throw new DataError(
      `${folder}: imageSize '${text}' is neither a side nor HEIGHTxWIDTH in pixels, from 1 to ${LONGEST_SIDE}, such as 64 or 48x64`,
    );
  }
  return { height: sides[0], width: sides[1] };
}

function ownSize([first, ...others]: readonly PictureHeader[]):
  | { height: number; width: number }
  | undefined {
  const { height, width } = first;
  if (Math.max(height, width) > LONGEST_OWN_SIDE) return undefined;
  return others.every((other) => other.height === height && other.width === width)
    ? { height, width }
    : undefined;
}

function spread(headers: readonly PictureHeader[]): string {
  const range = (sides: readonly number[]) => {
    const [least, most] = [Math.min(...sides), Math.max(...sides)];
    return least === most ? `${least}` : `${least} to ${most}`;
  };
  const heights = range(headers.map(({ height }) => height));
  return `${heights} pixels high and ${range(headers.map(({ width }) => width))} wide`;
}
