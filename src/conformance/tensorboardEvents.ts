/** TensorBoard's event files as their readers see them, decoded by the wire format and not by what wrote them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { crc32c } from '../node/crc32c.js';

export type Field = number | Uint8Array;
/** Fields of a protobuf message by number. */
export type Fields = Record<number, Field[]>;

function decode(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Fields = {};
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return at - length;
  };
  const readers: Record<number, () => Field> = {
    0: varint,
    1: () => view.getFloat64(take(8), true),
    2: () => {
      const length = varint();
      const start = take(length);
      return bytes.subarray(start, start + length);
    },
    5: () => view.getFloat32(take(4), true),
  };
  while (at < bytes.length) {
    const key = varint();
    fields[key >> 3] = [...(fields[key >> 3] ?? []), readers[key & 7]()];
  }
  expect(at).toBe(bytes.length);
  return fields;
}

export const messageIn = (value: Field) => decode(value instanceof Uint8Array ? value : new Uint8Array(0));
export const textOf = (value: Field) => Buffer.from(value instanceof Uint8Array ? value : []).toString();

/** Events of a file; each record's checks are checked. */
export function eventsIn(path: string): Fields[] {
  const bytes = readFileSync(path);
  // unmask(mask(c)) = c, with the rotation and the constant of the format's description
  const unmasked = (value: number) => {
    const rotated = (value - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const events: Fields[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmasked(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const event = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(event));
    events.push(decode(event));
    at += 16 + length;
  }
  return events;
}

/**
 * What TensorBoard shows of a folder, as `tag step` with the bytes of the value, in the order in which it was written: a
 * session that starts at a step takes back what was told of it and of later ones.
 */
export function shownBy(folder: string): [tagAndStep: string, value: string][] {
  const files = readdirSync(folder).filter((name) => name.startsWith('events.out.tfevents.'));
  let shown: { step: number; tag: string; value: string }[] = [];
  for (const event of files.sort().flatMap((name) => eventsIn(join(folder, name)))) {
    const [step] = event[2] ?? [0];
    if (event[7]) shown = shown.filter((earlier) => earlier.step < Number(step));
    for (const value of event[5]?.flatMap((summary) => messageIn(summary)[1]) ?? []) {
      const { 1: tag, 2: scalar, 4: image } = messageIn(value);
      shown.push({ step: Number(step), tag: textOf(tag[0]), value: String((scalar ?? image)[0]) });
    }
  }
  return shown.map(({ step, tag, value }) => [`${tag} ${step}`, value]);
}
