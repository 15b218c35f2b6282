import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError, UNKNOWN } from '../../data/index.js';
import { crc32 } from '../../data/zip.js';
import { openDataset } from './open.js';
import { loadSharp } from './pictureFile.js';

const sharp = await loadSharp().catch(() => undefined);
const root = await mkdtemp(join(tmpdir(), 'vaekit-pictures-'));
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;

/** A new folder with these files. */
async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = join(root, String(folders++));
  await mkdir(folder);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

test('without sharp, the error says how to install it', async () => {
  const missing = () => Promise.reject(new Error("Cannot find package 'sharp'"));
  await expect(loadSharp(missing)).rejects.toThrow(
    new DataError('pictures are read with the package sharp, which is not there; run: npm install sharp'),
  );
});

describe.skipIf(!sharp)('with sharp', () => {
  if (!sharp) return;

  type Format = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif';

  /** An encoded picture of these samples. */
  function encoded(
    samples: Uint8Array | Uint16Array,
    width: number,
    height: number,
    format: Format = 'png',
  ): Promise<Buffer> {
    const channels = samples.length / (width * height);
    if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4)
      throw new Error(`${channels} channels`);
    const picture = sharp?.(samples, { raw: { width, height, channels } });
    const grey = samples instanceof Uint16Array ? 'grey16' : 'b-w';
    const coloured = channels <= 2 ? picture?.toColourspace(grey) : picture;
    if (!coloured) throw new Error('sharp is missing');
    return coloured.toFormat(format, { lossless: true }).toBuffer();
  }

  const grey = (side: number, level: number) => encoded(new Uint8Array(side * side).fill(level), side, side);
  const colour = (width: number, height: number, rgb: readonly number[]) =>
    encoded(
      Uint8Array.from({ length: width * height * rgb.length }, (_, i) => rgb[i % rgb.length]),
      width,
      height,
    );
  const ramp = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);

  test('pictures of one size up to 128 are kept as they are, to the pixel', async () => {
    for (const [width, height] of [
      [5, 7],
      [1, 9],
      [9, 1],
      [128, 3],
    ]) {
      const folder = await folderOf({
        'a.png': await encoded(ramp(width * height * 3), width, height),
        'b.png': await encoded(ramp(width * height * 3).reverse(), width, height),
      });
      const data = await openDataset(folder);
      expect(data.spec).toEqual({
        kind: 'image',
        shape: [height, width, 3],
        dtype: 'uint8',
        range: [0, 255],
      });
      expect((await data.read([0])).x).toEqual(ramp(width * height * 3));
      expect((await data.read([1])).x).toEqual(ramp(width * height * 3).reverse());
      expect(data.notices).toEqual([]);
    }
  });

  test('grey pictures have one channel', async () => {
    const data = await openDataset(await folderOf({ 'a.png': await encoded(ramp(6), 3, 2) }));
    expect(data.spec.shape).toEqual([2, 3, 1]);
    expect((await data.read([0])).x).toEqual(ramp(6));
  });

  test('PNG, JPEG, WebP, GIF, TIFF and AVIF are read', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const) {
      files[`a.${format}`] = await encoded(new Uint8Array(16 * 16 * 3).fill(120), 16, 16, format);
    }
    const data = await openDataset(await folderOf(files));
    expect(data.size).toBe(6);
    const { x } = await data.read([0, 1, 2, 3, 4, 5]);
    // Lossy formats may miss a uniform grey by a level or two.
    for (const value of x) expect(Math.abs(value - 120)).toBeLessThanOrEqual(2);
  });

  test('pictures of several sizes are cut square in the middle and scaled to 64', async () => {
    // Three equal parts from left to right: only the middle one is left of a picture three times as wide as high.
    const wide = Uint8Array.from({ length: 300 * 100 }, (_, i) => 100 * Math.floor((i % 300) / 100));
    const folder = await folderOf({ 'a.png': await encoded(wide, 300, 100), 'b.png': await grey(20, 7) });
    const data = await openDataset(folder);
    expect(data.spec.shape).toEqual([64, 64, 1]);
    const { x } = await data.read([0, 1]);
    const middle = x.subarray(0, 4096);
    expect(middle.filter((_, i) => i % 64 > 3 && i % 64 < 60).every((value) => value === 100)).toBe(true);
    expect(x.subarray(4096).every((value) => value === 7)).toBe(true);
    expect(data.notices).toEqual([
      'pictures 20 to 100 pixels high and 20 to 300 wide are cut square in the middle and scaled to 64×64; imageSize=HEIGHTxWIDTH chooses another size',
    ]);
  });

  test('large pictures of one size are scaled to 64', async () => {
    const data = await openDataset(await folderOf({ 'a.png': await grey(129, 9) }));
    expect(data.spec.shape).toEqual([64, 64, 1]);
  });

  test('pictures that are read like others have their size, channels and classes', async () => {
    const first = await openDataset(
      await folderOf({ 'a/1.png': await colour(6, 4, [1, 2, 3]), 'b/1.png': await colour(6, 4, [9, 8, 7]) }),
    );
    const folder = await folderOf({
      'b/1.png': await grey(50, 77),
      'b/2.png': await grey(20, 5),
      'a/0.png': await grey(9, 1),
    });
    const other = await openDataset(folder, { like: first });
    expect(other.spec).toEqual(first.spec);
    expect([...((await other.read([0, 1])).labels ?? [])]).toEqual([0, 1]);
    expect((await openDataset(folder, { like: first, imageSize: '8', channels: 1 })).spec.shape).toEqual([
      8, 8, 1,
    ]);
  });

  test('imageSize is a side, or height and width', async () => {
    const folder = await folderOf({ 'a.png': await grey(40, 9) });
    expect((await openDataset(folder, { imageSize: '8' })).spec.shape).toEqual([8, 8, 1]);
    const data = await openDataset(folder, { imageSize: '5x9' });
    expect(data.spec.shape).toEqual([5, 9, 1]);
    expect((await data.read([0])).x.every((value) => value === 9)).toBe(true);
    expect(data.notices).toEqual([]);
  });

  test('grey and colour mixed are read as colour, with a notice', async () => {
    const folder = await folderOf({ 'a.png': await grey(4, 50), 'b.png': await colour(4, 4, [200, 10, 30]) });
    const data = await openDataset(folder);
    expect(data.spec.shape).toEqual([4, 4, 3]);
    const { x } = await data.read([0, 1]);
    expect([...x.subarray(0, 3), ...x.subarray(48, 51)]).toEqual([50, 50, 50, 200, 10, 30]);
    expect(data.notices).toEqual(['1 of 2 pictures are grey and read as colour, as the others are']);
  });

  test('the option channels makes colour grey, grey coloured, and keeps transparency', async () => {
    const folder = await folderOf({ 'a.png': await colour(4, 4, [255, 255, 255, 0]) });
    expect((await openDataset(folder, { channels: 1 })).spec.shape).toEqual([4, 4, 1]);
    const kept = await openDataset(folder, { channels: 4 });
    expect([...(await kept.read([0])).x.subarray(0, 4)]).toEqual([255, 255, 255, 0]);
    expect(kept.notices).toEqual([]);
    const opaque = await openDataset(await folderOf({ 'a.png': await grey(4, 50) }), { channels: 4 });
    expect([...(await opaque.read([0])).x.subarray(0, 4)]).toEqual([50, 50, 50, 255]);
    expect(
      (await openDataset(await folderOf({ 'a.png': await grey(4, 50) }), { channels: 3 })).spec.shape,
    ).toEqual([4, 4, 3]);
  });

  test('what is transparent is shown on white, with a notice', async () => {
    const folder = await folderOf({
      'a.png': await colour(2, 2, [200, 0, 0, 0]),
      'b.png': await colour(2, 2, [0, 0, 0, 51]),
    });
    const data = await openDataset(folder);
    const { x } = await data.read([0, 1]);
    // A fifth of black on white is 0.8 · 255.
    expect([x[0], x[1], x[12], x[13]]).toEqual([255, 255, 204, 204]);
    expect(data.notices).toEqual([
      '2 of 2 pictures may be transparent and are shown on white, which reading them with 4 channels avoids',
    ]);
  });

  test('transparent grey stays grey', async () => {
    const folder = await folderOf({ 'a.png': await encoded(Uint8Array.of(0, 0, 90, 255), 2, 1) });
    const data = await openDataset(folder);
    expect(data.spec.shape).toEqual([1, 2, 1]);
    expect([...(await data.read([0])).x]).toEqual([255, 90]);
  });

  test('sixteen bits are reduced to eight, with a notice', async () => {
    const folder = await folderOf({
      'a.png': await encoded(Uint16Array.of(0, 0x1234, 0x8000, 0xffff), 2, 2),
    });
    const data = await openDataset(folder);
    expect([...(await data.read([0])).x]).toEqual([0, 0x12, 0x80, 0xff]);
    expect(data.notices).toEqual(['1 of 1 pictures have more than 8 bits a channel, which are reduced to 8']);
  });

  test('pictures are turned as their EXIF orientation says', async () => {
    // Left half dark, right half bright; orientation 6 says that it has to be turned clockwise to be upright.
    const pixels = Uint8Array.from({ length: 16 * 8 }, (_, i) => (i % 16 < 8 ? 20 : 220));
    const upright = await sharp(pixels, { raw: { width: 16, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const data = await openDataset(await folderOf({ 'a.jpg': upright }));
    expect(data.spec.shape.slice(0, 2)).toEqual([16, 8]);
    const { x } = await data.read([0]);
    expect(x[0]).toBeLessThan(60);
    expect(x[x.length - 1]).toBeGreaterThan(180);
  });

  test('sub-folders are the classes, and paths the ids, in the order of code points', async () => {
    const picture = await grey(2, 1);
    const folder = await folderOf({
      'b/1.png': picture,
      'a/10.png': picture,
      'a/9.png': picture,
      'B/1.png': picture,
      '.hidden/1.png': picture,
      '__MACOSX/a/1.png': picture,
    });
    const data = await openDataset(folder);
    expect(Array.from({ length: data.size }, (_, i) => data.idOf(i))).toEqual([
      'B/1.png',
      'a/10.png',
      'a/9.png',
      'b/1.png',
    ]);
    expect(data.classes).toEqual(['B', 'a', 'b']);
    expect([...((await data.read([0, 1, 2, 3])).labels ?? [])]).toEqual([0, 1, 1, 2]);
  });

  test('the class of pictures beside sub-folders, or in one called unlabelled, is not known', async () => {
    const picture = await grey(2, 1);
    const files = { 'a/1.png': picture, 'b/1.png': picture, '1.png': picture, 'Unlabelled/1.png': picture };
    const mixed = await openDataset(await folderOf(files));
    expect(mixed.classes).toEqual(['a', 'b']);
    const ids = [0, 1, 2, 3].map((index) => mixed.idOf(index));
    const { labels = [] } = await mixed.read([0, 1, 2, 3]);
    const classOf = new Map(ids.map((id, i) => [id, labels[i]]));
    expect(['a/1.png', 'b/1.png', '1.png', 'Unlabelled/1.png'].map((id) => classOf.get(id))).toEqual([
      0,
      1,
      UNKNOWN,
      UNKNOWN,
    ]);
    expect(mixed.labelled).toHaveLength(2);
    expect(mixed.notices).toEqual(['the class of 2 of 4 samples is not known (in no sub-folder of a class)']);
  });

  test('pictures of one sub-folder have no classes, and where others lie beside it a notice says so', async () => {
    const picture = await grey(2, 1);
    const beside = await openDataset(await folderOf({ 'all/1.png': picture, '1.png': picture }));
    expect(beside.classes).toBeUndefined();
    expect(beside.notices).toEqual([
      'pictures lie beside the only sub-folder, too (1), so it is not taken for a class',
    ]);
    expect(
      (await openDataset(await folderOf({ 'all/1.png': picture, 'all/2.png': picture }))).classes,
    ).toBeUndefined();
  });

  test('pictures that labels.csv leaves out, or gives an empty cell, are of a class that is not known', async () => {
    const picture = await grey(2, 1);
    const data = await openDataset(
      await folderOf({
        '1.png': picture,
        '2.png': picture,
        '3.png': picture,
        '4.png': picture,
        'labels.csv': 'file,label\n1.png,x\n2.png,\n3.png,y\n9.png,x\n',
      }),
    );
    expect([...((await data.read([0, 1, 2, 3])).labels ?? [])]).toEqual([0, UNKNOWN, 1, UNKNOWN]);
    expect(data.notices).toEqual([
      'labels.csv names files that are not among the pictures (1)',
      'the class of 2 of 4 samples is not known (no label in labels.csv)',
    ]);
  });

  test('folders called train and test are parts, not classes', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const [i, path] of [
      'test/cat/1.png',
      'train/cat/1.png',
      'train/dog/1.png',
      'val/dog/2.png',
    ].entries()) {
      files[path] = await grey(2, i);
    }
    const data = await openDataset(await folderOf(files));
    expect(Array.from({ length: 4 }, (_, i) => data.idOf(i))).toEqual([
      'train/cat/1.png',
      'train/dog/1.png',
      'val/dog/2.png',
      'test/cat/1.png',
    ]);
    expect(data.classes).toEqual(['cat', 'dog']);
    expect(data.testSize).toBe(1);
    expect(data.notices).toEqual(['the sub-folder for testing is the test set']);
  });

  test('labels.csv gives the classes and goes before sub-folders', async () => {
    const picture = await grey(2, 1);
    const folder = await folderOf({
      'x/1.png': picture,
      'y/2.png': picture,
      'labels.csv': 'file,label\n./y/2.png,sun\nx/1.png,moon\nx/3.png,moon\n',
    });
    const data = await openDataset(folder);
    expect(data.classes).toEqual(['moon', 'sun']);
    expect([...((await data.read([0, 1])).labels ?? [])]).toEqual([0, 1]);
    expect(data.notices).toEqual(['labels.csv names files that are not among the pictures (1)']);
  });

  test('files that cannot be read are left out, counted and named', async () => {
    const good = await grey(8, 100);
    const photo = await encoded(ramp(64 * 64 * 3), 64, 64, 'jpeg');
    const folder = await folderOf({
      'a.png': good,
      'b.png': good.subarray(0, good.length - 20),
      'c.jpg': 'no picture at all',
      'd.png': await grey(1, 5),
      'e.txt': 'words',
      'f.png': good,
      'g.jpg': photo.subarray(0, photo.length - 500),
    });
    const data = await openDataset(folder);
    expect(Array.from({ length: data.size }, (_, i) => data.idOf(i))).toEqual(['a.png', 'f.png']);
    // Nothing but the pictures that are left decides what size they are brought to.
    expect(data.spec.shape).toEqual([8, 8, 1]);
    expect(data.notices).toEqual([
      '5 files are left out: b.png (it is cut short), c.jpg (it is no picture that can be decoded), d.png (it is a single pixel), e.txt (its name is not that of a picture), g.jpg (it is cut short)',
    ]);
  });

  test('damage in the middle of a file is found when it is decoded', async () => {
    const damaged = await encoded(ramp(32 * 32), 32, 32);
    damaged.fill(0x55, damaged.length - 200, damaged.length - 100);
    const folder = await folderOf({ 'a.png': await grey(32, 1), 'b.png': damaged });
    const data = await openDataset(folder);
    expect([data.size, data.notices]).toEqual([1, ['1 file is left out: b.png (its pixels are damaged)']]);
    const unchecked = await openDataset(folder, { cacheBytes: 0 });
    await expect(unchecked.read([1])).rejects.toThrow(
      new DataError(
        `${join(folder, 'b.png')}: cannot be read as a picture (its pixels are damaged); mend or remove it`,
      ),
    );
  });

  test('with strict, the first file that cannot be read is an error', async () => {
    const folder = await folderOf({ 'a.png': await grey(4, 100), 'b.png': await grey(1, 5) });
    await expect(openDataset(folder, { strict: true })).rejects.toThrow(
      new DataError(
        `${join(folder, 'b.png')}: it is a single pixel; remove it, or leave out strict to go on without it`,
      ),
    );
  });

  test('a picture of more than 100 million pixels is refused by its header', async () => {
    const size = Buffer.alloc(13);
    size.writeUInt32BE(30_000, 0);
    size.writeUInt32BE(30_000, 4);
    size.writeUInt8(8, 8);
    const chunk = (type: string, data: Buffer) => {
      const named = Buffer.concat([Buffer.from(type), data]);
      const ends = Buffer.alloc(8);
      ends.writeUInt32BE(data.length, 0);
      ends.writeUInt32BE(crc32(named), 4);
      return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
    };
    const header = Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      chunk('IHDR', size),
      chunk('IDAT', deflateSync(Buffer.alloc(30_001))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    const folder = await folderOf({ 'a.png': await grey(4, 100), 'huge.png': header });
    const data = await openDataset(folder);
    expect(data.size).toBe(1);
    expect(data.notices).toEqual([
      '1 file is left out: huge.png (30000×30000 pixels are more than 100 million)',
    ]);
  });

  test('pictures beyond the budget of memory are decoded when they are asked for, and are the same', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 12; i++)
      files[`${String.fromCharCode(97 + i)}.png`] = await encoded(ramp(75 + i).subarray(i), 5, 5);
    const folder = await folderOf(files);
    const held = await openDataset(folder);
    const indices = [11, 0, 5, 5, 7];
    for (const cacheBytes of [0, 75, 400]) {
      const data = await openDataset(folder, { cacheBytes });
      expect(await data.read(indices)).toEqual(await held.read(indices));
      expect(data.fingerprint).toBe(held.fingerprint);
    }
  });

  test('files that are cut short are found without decoding them, too', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const bytes = await encoded(ramp(64 * 64 * 3), 64, 64, format);
      files[`whole.${format}`] = bytes;
      files[`cut.${format}`] = bytes.subarray(0, bytes.length - 200);
    }
    const data = await openDataset(await folderOf(files), { cacheBytes: 0 });
    expect(Array.from({ length: data.size }, (_, i) => data.idOf(i))).toEqual([
      'whole.jpeg',
      'whole.png',
      'whole.webp',
    ]);
  });

  test('a picture that is damaged after opening is an error that names it', async () => {
    const folder = await folderOf({ 'a.png': await grey(4, 1), 'b.png': await grey(4, 2) });
    const data = await openDataset(folder, { cacheBytes: 0 });
    await writeFile(join(folder, 'b.png'), 'nothing');
    await data.read([0]);
    await expect(data.read([0, 1])).rejects.toThrow(
      /b\.png: cannot be read as a picture \(its pixels are damaged\); mend or remove it$/,
    );
    await expect(data.read([0, 1])).rejects.toBeInstanceOf(DataError);
  });

  test.each<[string, Record<string, string>, object, RegExp]>([
    [
      'only unreadable files',
      { 'a.jpg': 'no', 'b.png': 'no' },
      {},
      /: no file can be read as a picture: a\.jpg \(it is no picture that can be decoded\), b\.png \(it is no picture that can be decoded\); give PNG, JPEG, WebP, GIF, TIFF or AVIF$/,
    ],
    [
      'a bad imageSize',
      {},
      { imageSize: '64x' },
      /: imageSize '64x' is neither a side nor HEIGHTxWIDTH in pixels, from 1 to 4096, such as 64 or 48x64$/,
    ],
    ['an imageSize of 0', {}, { imageSize: '0' }, /: imageSize '0' is neither/],
    ['bad channels', {}, { channels: 2 }, /: the option channels is 1, 3 or 4, not 2$/],
    [
      'an option for tables',
      {},
      { missing: 'drop' },
      /: the option missing has no effect on a folder of pictures; leave it out$/,
    ],
    [
      'labels for other files',
      { 'labels.csv': 'file,label\nb.png,x\n' },
      {},
      /labels\.csv: has no label for any of the pictures, as for ok\.png; add lines for them, or remove labels\.csv$/,
    ],
    [
      'labels without a header',
      { 'labels.csv': 'ok.png,x\nb.png,y\n' },
      {},
      /labels\.csv: its columns are ok\.png, x; call them file and label$/,
    ],
  ])('%s: refused in words', async (_, files, options, message) => {
    const good: Record<string, Uint8Array> = 'a.jpg' in files ? {} : { 'ok.png': await grey(4, 1) };
    const folder = await folderOf({ ...files, ...good });
    const attempt = openDataset(folder, options);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(DataError);
  });
});
