/**
 * Images one after another as an animated PNG, which programs without animation show as its first image.
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification", third edition, §11.3.6.
 */
import type { Image } from './image.js';
import { type Channels, channelsOf, chunk, compressed, headerChunk, joined, SIGNATURE } from './png.js';

export interface AnimationOptions {
  /** How long each image is shown. @default 150 */
  delayMs?: number;
}

/** Shown again and again. @throws RangeError if there are no images, or their sizes differ */
export function encodeApng(images: readonly Image[], { delayMs = 150 }: AnimationOptions = {}): Uint8Array {
  const [first] = images;
  if (
    first === undefined ||
    images.some(({ width, height }) => width !== first.width || height !== first.height)
  )
    throw new RangeError(
      'encodeApng: there are no images, or images of several sizes; give some of one size',
    );
  const channels = images.map(channelsOf).reduce<Channels>((most, each) => (each > most ? each : most), 1);
  let sequence = 0;
  const parts: Uint8Array[] = [SIGNATURE, headerChunk(first, channels), control(images.length)];
  images.forEach((image, i) => {
    parts.push(frameControl(sequence++, image, delayMs));
    const data = compressed(image, channels);
    parts.push(i === 0 ? chunk('IDAT', data) : chunk('fdAT', numbered(sequence++, data)));
  });
  return joined([...parts, chunk('IEND', new Uint8Array(0))]);
}

/** Number of images; played for ever. */
function control(images: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, images);
  return chunk('acTL', bytes);
}

/** An image of full size that replaces the one before. */
function frameControl(sequence: number, { width, height }: Image, delayMs: number): Uint8Array {
  const bytes = new Uint8Array(26);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence);
  view.setUint32(4, width);
  view.setUint32(8, height);
  view.setUint16(20, delayMs);
  view.setUint16(22, 1000);
  return chunk('fcTL', bytes);
}

function numbered(sequence: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + data.length);
  new DataView(bytes.buffer).setUint32(0, sequence);
  bytes.set(data, 4);
  return bytes;
}
