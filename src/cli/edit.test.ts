/** The verb edit, on pictures, tables and codes of indices. */
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import {
  makeArrays,
  makePictures,
  makeTable,
  resultOf,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import { readRows } from '../conformance/resultFiles.js';

const root = await temporaryFolder('edit');
await Promise.all([
  makePictures(join(root, 'pictures')),
  makeArrays(join(root, 'digits.npz')),
  makeTable(join(root, 'table.csv')),
]);
await trainShort(root, ['vae', '--data', 'pictures', '--out', 'vae']);
await trainShort(root, ['cvae', '--data', 'digits.npz', '--steps', '2', '--out', 'cvae']);
await trainShort(root, ['vae', '--data', 'table.csv', '--label-column', 'colour', '--out', 'table']);
const words = '--data digits.npz --steps 2 --batch-size 16 --codes 8 --code-dimension 4 --out vq';
await resultOf(root, ['train', 'vq-vae', ...words.split(' ')]);

const sizeOf = async (path: string) => {
  const { width, height } = await sharp(join(root, path)).metadata();
  return { width, height };
};

test('an attribute is a class, against all others or against one', async () => {
  const facts = { output: join(root, 'vae/pictures/edits.png'), samples: 8, label: 'blue', cells: 1 };
  const all = JSON.parse(await resultOf(root, ['edit', 'vae', '--label', 'blue', '--json']));
  expect(all).toMatchObject(facts);
  // 80 pictures of two classes: 68 to train on.
  expect(all.with + all.without).toBe(68);
  const one = ['edit', 'vae', '--label', 'class=blue', '--against', 'orange', '--json'];
  expect(JSON.parse(await resultOf(root, one))).toEqual({ ...all, against: 'orange', label: 'class=blue' });
});

test('a figure has a row for each sample and a column for each strength', async () => {
  const draw = (file: string, count: string, strength: string) =>
    resultOf(root, ['edit', 'vae', '--label', 'blue', '--count', count, '--strength', strength, '-o', file]);
  await draw('small.png', '2', '-1,0,1,2');
  await draw('large.png', '3', '-2,-1,0,1,2');
  const [small, large] = [await sizeOf('small.png'), await sizeOf('large.png')];
  expect(small.height).toBeLessThan(large.height);
  expect(small.width).toBeLessThan(large.width);
});

test.each(['vae', 'cvae', 'vq'])(
  'what leads from one sample of %s to another leads on from others',
  async (run) => {
    const typed = ['edit', run, '--between', '0,1', '--index', '2,3', '--strength', '0,1', '--json'];
    expect(JSON.parse(await resultOf(root, typed))).toEqual({
      output: join(root, run, 'pictures', 'edits.png'),
      samples: 2,
      between: [0, 1],
    });
  },
);

test('rows of a table are edited into a file, and strength 0 is the reconstruction', async () => {
  await resultOf(root, ['edit', 'table', '--label', 'green', '--strength', '0,3', '-o', 'edits.csv']);
  await resultOf(root, ['reconstruct', 'table', '-o', 'plain.csv']);
  const [edited, plain] = [await readRows(join(root, 'edits.csv')), await readRows(join(root, 'plain.csv'))];
  expect(edited.length).toBe(2 * plain.length);
  for (const [i, row] of plain.entries()) {
    expect(edited[2 * i]).toEqual({ ...row, id: `${row.id} 0` });
    expect(edited[2 * i + 1]).not.toEqual({ ...row, id: `${row.id} 3` });
  }
});

test.each([
  ['vae', 'edit takes an attribute (--label NAME) or two samples to go between (--between 0,1)'],
  ['vae --label blue --between 0,1', '--between has no effect beside --label; leave one of them out'],
  ['vae --between 0,99', '--between 99: pictures has 8 samples here, numbered from 0'],
  ['vae --label green', '--label green: a class in pictures is one of blue, orange'],
  [
    'table --label green',
    'edit draws pictures, and table is of a table; name a file to use with -o, such as edits.csv',
  ],
])('vaekit edit %s is refused', async (typed, problem) => {
  expect(await vaekit(root, ['edit', ...typed.split(' ')])).toEqual({
    code: 2,
    stdout: '',
    stderr: `vaekit: ${problem}\n`,
  });
});
