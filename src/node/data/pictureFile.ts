/** One picture in a file: what its header says, and its pixels. */
import type { SharpOptions } from 'sharp';
import { DataError } from '../../data/index.js';
import { fileSource } from './fileSource.js';

export const PICTURE_PATTERN = /\.(png|jpe?g|jfif|webp|gif|tiff?|avif)$/i;
export const PICTURE_KINDS = 'PNG, JPEG, WebP, GIF, TIFF or AVIF';

/** Refused by the header, before anything is decoded. */
const MOST_PIXELS = 100e6;

export type Channels = 1 | 3 | 4;

/** The package that decodes pictures. */
export type Sharp = typeof import('sharp').default;

/** @throws DataError if the package is not there */
export async function loadSharp(
  load: () => Promise<{ default: Sharp }> = () => import('sharp'),
): Promise<Sharp> {
  try {
    return (await load()).default;
  } catch (error) {
    throw new DataError(
      'pictures are read with the package sharp, which is not there; run: npm install sharp',
      {
        cause: error,
      },
    );
  }
}

/** A picture as it is to be seen: turned as its EXIF orientation says. */
export interface PictureHeader {
  readonly width: number;
  readonly height: number;
  readonly isGrey: boolean;
  readonly hasAlpha: boolean;
  /** Whether it has more than 8 bits a channel. */
  readonly isDeep: boolean;
}

/** Why a file is no picture to learn from, in a few words. */
export class UnreadablePicture extends Error {
  override readonly name = 'UnreadablePicture';
}

/** @throws UnreadablePicture if there is no header, or the picture is too small or too large */
export async function readHeader(sharp: Sharp, path: string): Promise<PictureHeader> {
  const header = await asUnreadable('it is no picture that can be decoded', () =>
    sharp(path, { ...READING, limitInputPixels: false }).metadata(),
  );
  const { autoOrient, space, channels, hasAlpha, depth } = header;
  const { width, height } = autoOrient;
  if (width * height > MOST_PIXELS) {
    throw new UnreadablePicture(`${width}×${height} pixels are more than 100 million`);
  }
  if (width * height === 1) throw new UnreadablePicture('it is a single pixel');
  return {
    width,
    height,
    isGrey: space === 'b-w' || space === 'grey16' || channels <= 2,
    hasAlpha,
    isDeep: depth !== 'uchar',
  };
}

export interface DecodeOptions {
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
}

/**
 * Pixels [height, width, channels]: a picture of another size is scaled to cover the frame and cut evenly on both sides;
 * what is transparent is shown on white, unless four channels are asked for.
 *
 * @throws UnreadablePicture if the pixels are damaged
 */
export async function decode(
  sharp: Sharp,
  path: string,
  { height, width, channels }: DecodeOptions,
): Promise<Uint8Array> {
  return asUnreadable('its pixels are damaged', async () => {
    const picture = sharp(path, { ...READING, limitInputPixels: MOST_PIXELS })
      .autoOrient()
      .resize(width, height, { fit: 'cover', position: 'centre' });
    const colour =
      channels === 4
        ? picture.toColourspace('srgb').ensureAlpha()
        : picture.flatten({ background: 'white' }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
    return new Uint8Array(await colour.raw().toBuffer());
  });
}

/** Damage is an error; what decoders merely warn of is common in photographs and harmless. */
const READING: SharpOptions = { failOn: 'error' };

/**
 * The decoder's own words go into the cause only: it keeps them for the whole process, so that with several pictures at
 * work they may be another's.
 */
async function asUnreadable<T>(reason: string, f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    throw new UnreadablePicture(reason, { cause: error });
  }
}

const JPEG_END = [0xff, 0xd9];
const PNG_END = [0x49, 0x45, 0x4e, 0x44];
const TAIL_BYTES = 2 ** 16;

/**
 * Looks without decoding whether the file of a picture goes on to its end, for the formats that mark it: JPEG, PNG and
 * WebP. A file may still be damaged in the middle.
 *
 * @throws UnreadablePicture if it is cut short
 */
export async function requireEnd(path: string): Promise<void> {
  const source = await fileSource(path);
  try {
    const head = await source.read(0, Math.min(12, source.size));
    const tail = await source.read(Math.max(0, source.size - TAIL_BYTES), source.size);
    const isCut =
      (head[0] === 0xff && !includes(tail, JPEG_END)) ||
      (head[0] === 0x89 && !includes(tail, PNG_END)) ||
      (String.fromCharCode(...head.subarray(0, 4)) === 'RIFF' && declaredSize(head) > source.size);
    if (isCut) throw new UnreadablePicture('it is cut short');
  } finally {
    await source.close();
  }
}

/** A RIFF file's size follows its mark, without the first eight bytes. */
const declaredSize = (head: Uint8Array) => 8 + new DataView(head.buffer, head.byteOffset).getUint32(4, true);

function includes(bytes: Uint8Array, mark: readonly number[]): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(Buffer.from(mark));
}
