import { expect, test } from 'vitest';
import { type ByteSource, bytesInMemory } from './bytes.js';
import { DataError } from './dataset.js';
import { crc32, readZip } from './zip.js';

const text = (words: string) => new TextEncoder().encode(words);

/** Numbers of 2, 4 or 8 bytes, little-endian, as [bytes, value]. */
function fields(...values: readonly (readonly [2 | 4 | 8, number])[]): number[] {
  return values.flatMap(([bytes, value]) =>
    Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256),
  );
}

/** An archive with one stored entry whose sizes and places stand in the zip64 fields, as in archives beyond 4 GiB. */
function zip64(name: string, content: Uint8Array): Uint8Array {
  const crc = crc32(content);
  const all = 0xffffffff;
  const local = [
    ...fields(
      [4, 0x04034b50],
      [2, 45],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, crc],
      [4, all],
      [4, all],
      [2, name.length],
      [2, 20],
    ),
    ...text(name),
    ...fields([2, 1], [2, 16], [8, content.length], [8, content.length]),
  ];
  const directory = [
    ...fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, 0], [4, 0], [4, crc], [4, all], [4, all]),
    ...fields([2, name.length], [2, 36], [2, 0], [2, 0], [2, 0], [4, 0], [4, all]),
    ...text(name),
    // Another extra field first, which is to be passed over.
    ...fields([2, 0x7875], [2, 4], [4, 99]),
    ...fields([2, 1], [2, 24], [8, content.length], [8, content.length], [8, 0]),
  ];
  const start = local.length + content.length;
  const end = start + directory.length;
  return Uint8Array.from([
    ...local,
    ...content,
    ...directory,
    ...fields(
      [4, 0x06064b50],
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
      [8, 1],
      [8, 1],
      [8, directory.length],
      [8, start],
    ),
    ...fields([4, 0x07064b50], [4, 0], [8, end], [4, 1]),
    ...fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, all], [4, all], [2, 0]),
  ]);
}

async function contentsOf(source: ByteSource): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const entry of await readZip(source)) {
    const opened = await entry.open();
    contents[entry.name] = new TextDecoder().decode(await opened.read(0, opened.size));
  }
  return contents;
}

test('the checksum is the one of the standard', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test('zip64 archives are read', async () => {
  const archive = zip64('a.txt', text('words'));
  expect(await contentsOf(bytesInMemory('z', archive))).toEqual({ 'a.txt': 'words' });
});

test('a zip64 archive cut short anywhere is refused in words', async () => {
  const archive = zip64('a.txt', text('words'));
  for (let length = 0; length < archive.length; length++) {
    await expect(contentsOf(bytesInMemory('z', archive.subarray(0, length)))).rejects.toThrow(DataError);
  }
});

test('a changed byte of a stored entry is found', async () => {
  const archive = zip64('a.txt', text('words'));
  archive[30 + 5 + 20] ^= 1; // after the local header, its name and its extra field
  await expect(contentsOf(bytesInMemory('z', archive))).rejects.toThrow(
    new DataError('z:a.txt: its bytes do not match their checksum; the file is damaged, so fetch it again'),
  );
});

test('a large stored entry is read by position, without the rest', async () => {
  const content = new Uint8Array(2 ** 26 + 1).fill(65);
  const header = zip64('a.txt', text('x'));
  const localLength = 30 + 5 + 20;
  // The small archive's directory, made to declare the large content, which a source without memory of its own gives.
  const directory = header.slice(localLength + 1);
  const size = Uint8Array.from(fields([8, content.length]));
  const extra = 46 + 5 + 8 + 4;
  directory.set(size, extra);
  directory.set(size, extra + 8);
  const start = localLength + content.length;
  directory.set(fields([8, start]), directory.length - 22 - 20 - 8);
  directory.set(fields([8, start + extra + 24]), directory.length - 22 - 20 + 8);
  let most = 0;
  const whole = (at: number) =>
    at < localLength ? header[at] : at < start ? content[at - localLength] : directory[at - start];
  const source: ByteSource = {
    name: 'z',
    size: start + directory.length,
    read: async (from, to) => {
      most = Math.max(most, to - from);
      return Uint8Array.from({ length: to - from }, (_, i) => whole(from + i));
    },
    close: async () => {},
  };
  const [entry] = await readZip(source);
  const opened = await entry.open();
  expect(opened.size).toBe(content.length);
  expect([...(await opened.read(2 ** 26 - 1, 2 ** 26 + 1))]).toEqual([65, 65]);
  expect(most).toBeLessThan(100_000);
});
