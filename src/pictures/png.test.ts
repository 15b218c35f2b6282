import { crc32, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Image } from './image.js';
import { encodePng } from './png.js';

const sharp = await import('sharp').then(
  (module) => module.default,
  () => undefined,
);

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
}

/** The chunks of a file whose signature, lengths and checksums are right. */
function chunksOf(png: Uint8Array): Chunk[] {
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    expect(view.getUint32(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    chunks.push({ type, content: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

/** Pixels as RGBA, by the specification's way back: inflate, undo each row's filter. */
function decode(png: Uint8Array): { width: number; height: number; channels: number; pixels: Uint8Array } {
  const chunks = chunksOf(png);
  const header = chunks[0].content;
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const channels = header[9] === 0 ? 1 : header[9] === 2 ? 3 : 4;
  const rows = inflateSync(chunks.filter(({ type }) => type === 'IDAT')[0].content);
  const stride = width * channels;
  const raw = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const a = i >= channels ? raw[y * stride + i - channels] : 0;
      const b = y > 0 ? raw[(y - 1) * stride + i] : 0;
      const c = i >= channels && y > 0 ? raw[(y - 1) * stride + i - channels] : 0;
      const paeth = [a, b, c].reduce((best, x) =>
        Math.abs(a + b - c - x) < Math.abs(a + b - c - best) ? x : best,
      );
      raw[y * stride + i] = rows[y * (stride + 1) + 1 + i] + [0, a, b, (a + b) >> 1, paeth][filter];
    }
  }
  const pixels = new Uint8Array(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = raw.subarray(pixel * channels, (pixel + 1) * channels);
    pixels.set(channels === 1 ? [from[0], from[0], from[0]] : from.subarray(0, 3), 4 * pixel);
    pixels[4 * pixel + 3] = channels === 4 ? from[3] : 255;
  }
  return { width, height, channels, pixels };
}

/** Images of few levels, in which all filters have their turn, and of one to four channels. */
const image = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 3, 4))
  .chain(([width, height, channels]) =>
    fc
      .array(fc.constantFrom(0, 3, 100, 128, 200, 255), {
        minLength: 4 * width * height,
        maxLength: 4 * width * height,
      })
      .map((levels) => {
        const data = Uint8Array.from(levels, (level, i) =>
          i % 4 === 3 ? (channels === 4 ? level : 255) : channels === 1 ? levels[i - (i % 4)] : level,
        );
        return new Image(width, height, data);
      }),
  );

test('a PNG holds the pixels that it was made from', () => {
  fc.assert(
    fc.property(image, (original) => {
      const { width, height, pixels } = decode(encodePng(original));
      expect([width, height]).toEqual([original.width, original.height]);
      expect(pixels).toEqual(original.data);
    }),
  );
});

test.skipIf(!sharp)('another decoder reads the same pixels', async () => {
  const original = new Image(37, 19).fill({ left: 3, top: 2, width: 20, height: 9 }, [200, 30, 90], 0.5);
  const decoded = await sharp?.(encodePng(original)).ensureAlpha().raw().toBuffer();
  expect(new Uint8Array(decoded ?? [])).toEqual(original.data);
});

test('grey, coloured and see-through images take one, three and four channels', () => {
  const all = { left: 0, top: 0, width: 5, height: 5 };
  const grey = new Image(5, 5).fill(all, [9, 9, 9]);
  const coloured = new Image(5, 5).fill(all, [9, 9, 8]);
  const seeThrough = new Image(5, 5).fill(all, [9, 9, 9], 0.5);
  expect([grey, coloured, seeThrough].map((each) => decode(encodePng(each)).channels)).toEqual([1, 3, 4]);
});

test('text is kept in the file, in any script', () => {
  const png = encodePng(new Image(1, 1), { text: { Title: 'β-VAE: 手書き' } });
  const [text] = chunksOf(png).filter(({ type }) => type === 'iTXt');
  expect(new TextDecoder().decode(text.content)).toBe('Title\0\0\0\0\0β-VAE: 手書き');
});

test('a picture enlarged by whole factors costs little more than the picture', () => {
  const noise = new Image(
    28,
    28,
    Uint8Array.from({ length: 4 * 784 }, (_, i) =>
      i % 4 === 3 ? 255 : (Math.imul(i, 0x9e3779b1) >>> 16) & 255,
    ),
  );
  const enlarged = new Image(28 * 4, 28 * 4).draw(noise, { left: 0, top: 0, width: 112, height: 112 });
  expect(encodePng(enlarged).length).toBeLessThan(3 * encodePng(noise).length);
});
