import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import {
  makePictures,
  makeTable,
  resultOf,
  TABLE_COLUMNS,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import { runOnnxFile } from '../conformance/onnxFile.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';

const root = await temporaryFolder('reconstruct');
await Promise.all([
  makePictures(join(root, 'pictures')),
  makePictures(join(root, 'others'), { each: 5, side: 20, seed: 1 }),
  makeTable(join(root, 'table.csv')),
]);
const pictures = await trainShort(root, ['vae', '--data', 'pictures', '--out', 'of-pictures']);
const table = await trainShort(root, ['vae', '--data', 'table.csv', '--out', 'of-table']);

const reconstruct = (...words: readonly string[]) => resultOf(root, ['reconstruct', ...words]);

test('other pictures are reconstructed as the exported encoder and decoder do it', async () => {
  await makePictures(join(root, 'alike'), { each: 4, seed: 2 });
  const answer = await reconstruct(pictures.run, '--data', 'alike', '-o', 'alike.npz', '--json');
  expect(JSON.parse(answer)).toEqual({ output: 'alike.npz', samples: 8 });
  const { id, x, label } = await readArrays(join(root, 'alike.npz'));
  expect(x).toMatchObject({ dtype: '|u1', shape: [8, 12, 12, 3] });
  expect(label.values).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  const files = id.values.map((name) =>
    sharp(join(root, 'alike', String(name)))
      .raw()
      .toBuffer(),
  );
  const originals = new Uint8Array(Buffer.concat(await Promise.all(files)));
  const model = (name: string) => join(pictures.run, 'model', name);
  const { mean } = await runOnnxFile(model('encoder.onnx'), {
    x: { data: originals, shape: [8, 12, 12, 3] },
  });
  const decoded = await runOnnxFile(model('decoder.onnx'), {
    z: { data: Float32Array.from(mean.values), shape: mean.shape },
  });
  const differences = decoded.x.values.map((value, i) => Math.abs(value - Number(x.values[i])));
  // A level on the border between two may be rounded to either.
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test('pictures of another size are brought to that of the model', async () => {
  expect(await reconstruct(pictures.run, '--data', 'others', '-o', 'others.npz')).toBe('others.npz\n');
  expect((await readArrays(join(root, 'others.npz'))).x.shape).toEqual([10, 12, 12, 3]);
});

test('samples are chosen by number or by position', async () => {
  const all = ['--data', 'pictures', '-o'];
  await reconstruct(pictures.run, ...all, 'first.npz', '--count', '3');
  await reconstruct(pictures.run, ...all, 'chosen.npz', '--index', '79,0');
  const [first, chosen] = await Promise.all(
    ['first', 'chosen'].map((name) => readArrays(join(root, `${name}.npz`))),
  );
  expect(first.id.values).toEqual(['blue/000.png', 'blue/001.png', 'blue/002.png']);
  expect(chosen.id.values).toEqual(['orange/039.png', 'blue/000.png']);
  expect(chosen.x.values.slice(432)).toEqual(first.x.values.slice(0, 432));
  const { code, stderr } = await vaekit(root, ['reconstruct', pictures.run, '--index', '8']);
  expect(code).toBe(2);
  expect(stderr).toContain('--index 8: pictures has 8 samples here, numbered from 0');
});

test('rows keep their ids, and come back in the units and categories of the table', async () => {
  await reconstruct(table.run, '--data', 'table.csv', '-o', 'rows.csv');
  const rows = await readRows(join(root, 'rows.csv'));
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 120 }, (_, i) => `row-${120 - i}`));
  expect(Object.keys(rows[0])).toEqual(['id', ...Object.keys(TABLE_COLUMNS)]);
  for (const { height, colour } of rows) {
    expect(height).toBeGreaterThan(100);
    expect(['green', 'blue, pale', 'red']).toContain(colour);
  }
});

test('without a file, samples are drawn beside their reconstructions into the run', async () => {
  for (const { run } of [pictures, table]) {
    const output = join(run, 'pictures', 'reconstructions.png');
    expect(JSON.parse(await reconstruct(run, '--json'))).toEqual({ output });
    expect((await sharp(output).metadata()).width).toBeGreaterThan(100);
  }
  expect(await reconstruct('of-pictures', '--count', '2')).toBe(
    `${join('of-pictures', 'pictures', 'reconstructions.png')}\n`,
  );
});
