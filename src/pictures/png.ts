/**
 * Images as PNG files: 8 bits a channel, grey, RGB or RGBA, whichever is the least that holds the pixels.
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification", third edition.
 */
import { strToU8 } from 'fflate';
import { crc32, filteredRows } from '../data/index.js';
import { zlibStream } from './deflate.js';
import type { Image } from './image.js';

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Number of channels → the colour type that says so. */
const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 } as const;
export type Channels = keyof typeof COLOR_TYPES;
/** Bytes that the header chunk holds. */
const HEADER_BYTES = 13;

export interface PngOptions {
  /** Text kept in the file, by keyword: "Title", "Description", "Software" … */
  text?: Readonly<Record<string, string>>;
}

export function encodePng(image: Image, { text = {} }: PngOptions = {}): Uint8Array {
  const channels = channelsOf(image);
  return joined([
    SIGNATURE,
    headerChunk(image, channels),
    ...Object.entries(text).map(([key, value]) => textChunk(key, value)),
    chunk('IDAT', compressed(image, channels)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The IHDR chunk. */
export function headerChunk(image: Image, channels: Channels): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, image.width);
  view.setUint32(4, image.height);
  header[8] = 8;
  header[9] = COLOR_TYPES[channels];
  return chunk('IHDR', header);
}

/** The pixels as a chunk of image data holds them. */
export function compressed(image: Image, channels: Channels): Uint8Array {
  return zlibStream(filteredRows(rawRows(image, channels), image.width * channels, channels));
}

/** The fewest channels that hold the pixels. */
export function channelsOf({ data }: Image): Channels {
  let channels: Channels = 1;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] !== 255) return 4;
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) channels = 3;
  }
  return channels;
}

function rawRows({ data, width, height }: Image, channels: Channels): Uint8Array {
  if (channels === 4) return data;
  const rows = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    for (let channel = 0; channel < channels; channel++) rows[to++] = data[from + channel];
  }
  return rows;
}

/** International text, UTF-8, not compressed, in no stated language: §11.3.3.4. */
function textChunk(keyword: string, text: string): Uint8Array {
  return chunk('iTXt', strToU8(`${keyword}\0\0\0\0\0${text}`));
}

/** Length, type, content and checksum. */
export function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(strToU8(type), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
