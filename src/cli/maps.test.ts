/** The verbs that draw what belongs to some systems, or to several runs: denoise, filters and map. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const root = await temporaryFolder('maps');
await Promise.all([makePictures(join(root, 'pictures')), makeArrays(join(root, 'digits.npz'))]);
const digits = ['--data', 'digits.npz', '--steps', '3'];
const sparse = ['train', 'k-sparse-ae', ...digits, '--batch-size', '16', '--latent', '20'];
await trainShort(root, ['ae', ...digits, '--latent', '2', '--out', 'ae']);
await trainShort(root, ['vae', ...digits, '--out', 'vae']);
await trainShort(root, ['dae', ...digits, '--out', 'dae']);
await trainShort(root, ['vae', '--data', 'pictures', '--steps', '3', '--out', 'colour']);
for (const k of ['2', '5']) await resultOf(root, [...sparse, '--k', k, '--out', `k${k}`]);

const textOf = async (path: string) => {
  const svg = await readFile(join(root, path), 'utf8');
  return Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text]) => text);
};

test('a run ends with the pictures that its system has, and they are in its report', async () => {
  for (const [run, name, title] of [
    ['dae', 'denoising', 'Denoising'],
    ['k2', 'filters', 'Filters'],
  ]) {
    const { width } = await sharp(join(root, run, 'pictures', `${name}.png`)).metadata();
    expect(width).toBeGreaterThan(100);
    expect(await readFile(join(root, run, 'report.html'), 'utf8')).toContain(`alt="${title}"`);
  }
});

test('the same pictures are drawn again, into the run or into the file that is named', async () => {
  for (const [verb, run, name] of [
    ['denoise', 'dae', 'denoising'],
    ['filters', 'k2', 'filters'],
    ['map', 'vae', 'latent-map'],
  ]) {
    const own = join(run, 'pictures', `${name}.png`);
    const drawn = await readFile(join(root, own));
    expect(JSON.parse(await resultOf(root, [verb, run, '--json']))).toEqual({ output: join(root, own) });
    expect(await readFile(join(root, own))).toEqual(drawn);
    expect(await resultOf(root, [verb, run, '-o', `${verb}.png`])).toBe(`${verb}.png\n`);
    expect(await readFile(join(root, `${verb}.png`))).toEqual(drawn);
  }
});

test('filters of several runs stand under each other, each under the option that tells it apart', async () => {
  await resultOf(root, ['filters', 'k2', 'k5', '--count', '16', '-o', 'filters.svg']);
  expect((await textOf('filters.svg')).filter((text) => text.startsWith('k ='))).toEqual(['k = 2', 'k = 5']);
});

test('latent maps of several runs show the same samples, under the names of their systems', async () => {
  await resultOf(root, ['map', 'ae', 'vae', '--count', '6', '-o', 'maps.svg']);
  const texts = await textOf('maps.svg');
  expect(texts).toContain('The same 6 samples in each.');
  expect(texts.filter((text) => /^(Autoencoder|VAE), latent = [23]$/.test(text)).length).toBe(2);
});

test('runs of different data are mapped with samples that both take', async () => {
  await resultOf(root, ['map', 'vae', 'ae', '--data', 'digits.npz', '-o', 'given.svg']);
  expect(await textOf('given.svg')).toContain('The same 100 samples in each.');
});

test('denoising takes the samples and the noise that are asked for', async () => {
  const words = ['denoise', 'dae', '--index', '3,1'];
  for (const [seed, file] of [
    ['0', 'one.png'],
    ['0', 'same.png'],
    ['1', 'other.png'],
  ])
    await resultOf(root, [...words, '--seed', seed, '-o', file]);
  const [one, same, other] = await Promise.all(
    ['one.png', 'same.png', 'other.png'].map((file) => readFile(join(root, file))),
  );
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

test.each([
  [
    'denoise vae',
    'denoise draws pictures of systems that are trained with noise, as dae is; vae on digits is no such run',
  ],
  [
    'filters vae',
    'filters are pictures of codes that are one dense layer, as those of k-sparse-ae, sparse-ae and contractive-ae are; vae has none',
  ],
  ['map vae colour', 'vae and colour have no samples in common; name some that both take with --data'],
  ['denoise dae --count 2 --index 1', '--count has no effect beside --index; leave it out'],
  ['map vae -o x.jpg', '--output x.jpg: end the name with one of .png, .svg'],
])('vaekit %s is refused', async (typed, problem) => {
  expect(await vaekit(root, typed.split(' '))).toEqual({
    code: 2,
    stdout: '',
    stderr: `vaekit: ${problem}\n`,
  });
});
