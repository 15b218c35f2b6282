/** The verbs that only draw: traverse and interpolate. */
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

const root = await temporaryFolder('figures');
await Promise.all([makePictures(join(root, 'pictures')), makeArrays(join(root, 'digits.npz'))]);
await trainShort(root, ['vae', '--data', 'pictures', '--out', 'vae']);
await trainShort(root, ['ae', '--data', 'digits.npz', '--out', 'ae']);
await trainShort(root, ['cvae', '--data', 'digits.npz', '--steps', '2', '--out', 'cvae']);
await trainShort(root, ['vae', '--data', 'two-moons', '--size', '200', '--steps', '2', '--out', 'table']);

const sizeOf = async (path: string) => {
  const { width, height } = await sharp(join(root, path)).metadata();
  return { width, height };
};
const textOf = async (path: string) =>
  (await readFile(join(root, path), 'utf8')).matchAll(/<text[^>]*>([^<]*)<\/text>/g);

test.each(['vae', 'ae', 'cvae'])(
  '%s is traversed and interpolated into the run, or into the file that is named',
  async (run) => {
    for (const [verb, name] of [
      ['traverse', 'traversals'],
      ['interpolate', 'interpolations'],
    ]) {
      const own = join(run, 'pictures', `${name}.png`);
      expect(JSON.parse(await resultOf(root, [verb, run, '--json']))).toEqual({ output: join(root, own) });
      const file = join('drawn', `${run}-${verb}.svg`);
      expect(await resultOf(root, [verb, run, '-o', file])).toBe(`${file}\n`);
      const [png, svg] = [await sizeOf(own), await sizeOf(file)];
      expect(png.width / svg.width).toBe(png.height / svg.height);
    }
  },
);

test('a traversal has a row for each coordinate and a column for each step, from one value to another', async () => {
  const words = ['traverse', 'vae', '--coordinates', '2,0', '--from', '-1', '--to', '1', '--steps', '5'];
  await resultOf(root, [...words, '-o', 'two.svg']);
  await resultOf(root, ['traverse', 'vae', '-o', 'all.svg']);
  const [two, all] = [await sizeOf('two.svg'), await sizeOf('all.svg')];
  expect(two.height).toBeLessThan(all.height);
  expect(two.width).toBeLessThan(all.width);
  const texts = Array.from(await textOf('two.svg'), ([, text]) => text);
  expect(texts.filter((text) => /^z\d/.test(text)).map((text) => text.slice(0, 2))).toEqual(['z2', 'z0']);
  expect(texts).toEqual(expect.arrayContaining(['−1', '1']));
});

test('an interpolation has a row for each pair and a column for each step', async () => {
  await resultOf(root, ['interpolate', 'vae', '--pairs', '2', '--steps', '4', '-o', 'small.png']);
  await resultOf(root, ['interpolate', 'vae', '--index', '0,1,2,3', '--steps', '4', '-o', 'same.png']);
  await resultOf(root, ['interpolate', 'vae', '--pairs', '3', '--steps', '8', '-o', 'large.png']);
  expect(await readFile(join(root, 'same.png'))).toEqual(await readFile(join(root, 'small.png')));
  const [small, large] = [await sizeOf('small.png'), await sizeOf('large.png')];
  expect(small.height).toBeLessThan(large.height);
  expect(small.width).toBeLessThan(large.width);
});

test('an interpolation goes straight, or around the origin', async () => {
  const draw = async (path: string) => {
    await resultOf(root, ['interpolate', 'vae', '--pairs', '1', '--path', path, '-o', `${path}.png`]);
    return readFile(join(root, `${path}.png`));
  };
  const [straight, around] = [await draw('linear'), await draw('spherical-linear-norm')];
  expect(around).not.toEqual(straight);
  await resultOf(root, ['interpolate', 'vae', '--pairs', '1', '-o', 'usual.png']);
  expect(await readFile(join(root, 'usual.png'))).toEqual(straight);
});

test('samples of other data are drawn with --data', async () => {
  await makePictures(join(root, 'others'), { each: 1, side: 30, seed: 3 });
  await resultOf(root, ['interpolate', 'vae', '--data', 'others', '-o', 'others.png']);
  await resultOf(root, ['interpolate', 'vae', '--pairs', '1', '-o', 'own.png']);
  expect(await sizeOf('others.png')).toEqual(await sizeOf('own.png'));
  expect(await readFile(join(root, 'others.png'))).not.toEqual(await readFile(join(root, 'own.png')));
});

test.each([
  ['traverse table', 'traverse draws pictures, and table is of a table; use vaekit sample or vaekit encode'],
  ['interpolate table', 'interpolate draws pictures, and table is of a table; use vaekit encode'],
  ['traverse vae --coordinates 0,3', '--coordinates 3: codes of this run have coordinates 0 to 2'],
  ['traverse vae --index 8', '--index 8: pictures has 8 samples here, numbered from 0'],
  ['interpolate vae --index 0,1,2', '--index 0,1,2: pairs need an even number of samples'],
  ['interpolate vae --index 0,1 --pairs 1', '--pairs has no effect beside --index; leave it out'],
  ['traverse vae -o x.jpg', '--output x.jpg: end the name with one of .png, .svg'],
])('vaekit %s is refused', async (typed, problem) => {
  expect(await vaekit(root, typed.split(' '))).toEqual({
    code: 2,
    stdout: '',
    stderr: `vaekit: ${problem}\n`,
  });
});

test('data without classes are refused for a system that is conditioned on them', async () => {
  const words = ['traverse', 'cvae', '--data', 'digits.npz', '--labels', 'none'];
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(
    'vaekit: --data: cvae is conditioned on the class of each sample, and those of digits have none; give them classes out of 0, 1\n',
  );
});
