/**
 * Images as PNG files: 8 bits a channel, grey, RGB or RGBA, whichever is the least that holds the pixels.
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification", third edition.
 */
import { strToU8 } from 'fflate';
import { crc32 } from '../data/index.js';
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
  return zlibStream(filtered(rawRows(image, channels), image.width * channels, channels));
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

/** Numbers of filters, the last of which is Paeth's; §9.2 of the specification. */
const [NONE, LEFT, ABOVE, AVERAGE] = [0, 1, 2, 3];

/**
 * Rows as differences that compress well, each led by the number of its filter: the one with the smallest sum of
 * absolute differences (the specification's heuristic, §12.7).
 */
function filtered(raw: Uint8Array, stride: number, channels: Channels): Uint8Array {
  const rows = raw.length / stride;
  const result = new Uint8Array(raw.length + rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * stride, row * (stride + 1)];
    // Most rows of a figure are the row above again, and the result is zeros already.
    if (row > 0 && repeats(raw, from, stride)) {
      result[to] = ABOVE;
      continue;
    }
    const filter = cheapestFilter(raw, from, stride, channels);
    result[to] = filter;
    for (let i = 0; i < stride; i++) {
      const at = from + i;
      const left = i >= channels ? raw[at - channels] : 0;
      const above = row > 0 ? raw[at - stride] : 0;
      const corner = i >= channels && row > 0 ? raw[at - stride - channels] : 0;
      result[to + 1 + i] = raw[at] - predicted(filter, left, above, corner);
    }
  }
  return result;
}

/** Whether a row is the one above it. */
function repeats(raw: Uint8Array, from: number, stride: number): boolean {
  for (let at = from; at < from + stride; at++) if (raw[at] !== raw[at - stride]) return false;
  return true;
}

function cheapestFilter(raw: Uint8Array, from: number, stride: number, channels: Channels): number {
  let [none, byLeft, byAbove, byAverage, byPaeth] = [0, 0, 0, 0, 0];
  for (let i = 0; i < stride; i++) {
    const at = from + i;
    const left = i >= channels ? raw[at - channels] : 0;
    const above = from > 0 ? raw[at - stride] : 0;
    const corner = i >= channels && from > 0 ? raw[at - stride - channels] : 0;
    none += magnitude(raw[at]);
    byLeft += magnitude(raw[at] - left);
    byAbove += magnitude(raw[at] - above);
    byAverage += magnitude(raw[at] - ((left + above) >> 1));
    byPaeth += magnitude(raw[at] - paeth(left, above, corner));
  }
  const costs = [none, byLeft, byAbove, byAverage, byPaeth];
  return costs.indexOf(Math.min(...costs));
}

/** Of a difference modulo 256, taken as −128 … 127. */
function magnitude(difference: number): number {
  return Math.abs((difference << 24) >> 24);
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case NONE:
      return 0;
    case LEFT:
      return left;
    case ABOVE:
      return above;
    case AVERAGE:
      return (left + above) >> 1;
    default:
      return paeth(left, above, corner);
  }
}

/** The neighbour that is nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const byLeft = Math.abs(above - corner);
  const byAbove = Math.abs(left - corner);
  const byCorner = Math.abs(left + above - 2 * corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
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
