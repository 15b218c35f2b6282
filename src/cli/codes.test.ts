import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import {
  makeArrays,
  makePictures,
  resultOf,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';

const root = await temporaryFolder('codes');
await makePictures(join(root, 'photos'), { each: 30, side: 16 });
await makeArrays(join(root, 'digits.npz'));
const small =
  '--channels 4 --block-channels 4 --blocks 1 --codes 8 --code-dimension 2 --steps 4 --batch-size 16'.split(
    ' ',
  );
const levels = ['vq-vae-2', '--data', 'photos', ...small];
await resultOf(root, ['train', ...levels, '--out', 'levels', '--json']);

const drawn = async (...words: readonly string[]) => {
  const { output } = JSON.parse(await resultOf(root, ['codes', 'levels', ...words, '--json']));
  const { width, height } = await sharp(await readFile(resolve(root, output))).metadata();
  return { output, width, height };
};
const refusal = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr;
};

test('maps stand under as many pictures as are asked for, and a codebook for each map', async () => {
  const [two, four] = [
    await drawn('--count', '2', '-o', 'two.png'),
    await drawn('--index', '5,4,1,0', '-o', 'four.png'),
  ];
  expect(four.width - two.width).toBeGreaterThan(64);
  expect(four.height).toBe(two.height);
  const { output } = await drawn('--codebook', '--map', 'bottom');
  expect(output).toMatch(/pictures.codebook-bottom\.png$/);
});

test('what has no maps is one sentence', async () => {
  expect(await refusal('codes', 'levels', '--codebook', '--map', 'middle')).toContain(
    '--map middle: the maps of levels are top, bottom',
  );
  expect(await refusal('codes', 'levels', '--map', 'top')).toContain(
    '--map has no effect without --codebook',
  );
  const plain = await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'plain']);
  expect(await refusal('codes', plain.run)).toContain(
    'codes of ae are made of no indices; draw those of a vq-vae',
  );
});
