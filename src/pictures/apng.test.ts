import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeApng } from './apng.js';
import { Image } from './image.js';

const box = { left: 0, top: 0, width: 6, height: 4 };
const plain = (level: number) => new Image(6, 4).fill(box, [level, level, 10]);

test('an animation holds every image, and its first image is that of a plain PNG', async () => {
  const images = [plain(10), plain(90), plain(200)];
  const bytes = encodeApng(images, { delayMs: 80 });
  const names: string[] = [];
  const sequence: number[] = [];
  const view = new DataView(bytes.buffer);
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    names.push(name);
    if (name === 'fcTL' || name === 'fdAT') sequence.push(view.getUint32(at + 8));
    if (name === 'acTL') expect(view.getUint32(at + 8)).toBe(3);
  }
  expect(names).toEqual(['IHDR', 'acTL', 'fcTL', 'IDAT', 'fcTL', 'fdAT', 'fcTL', 'fdAT', 'IEND']);
  expect(sequence).toEqual([0, 1, 2, 3, 4]);
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([6, 4]);
  expect([...data.subarray(0, 3)]).toEqual([10, 10, 10]);
});

test('no images, or images of several sizes, are no animation', () => {
  expect(() => encodeApng([])).toThrow('encodeApng: there are no images');
  expect(() => encodeApng([plain(1), new Image(2, 2)])).toThrow('images of several sizes');
});
