import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
import { readContainer, writeContainer } from '../node/compression/container.js';
import { decompress, loadRun } from '../node/index.js';

const root = await temporaryFolder('compress');
await makePictures(join(root, 'photos'), { each: 50, side: 16 });
await makeArrays(join(root, 'digits.npz'));
await makeTable(join(root, 'table.csv'));
const NETWORKS = '--channels 8 --block-channels 4 --blocks 1 --codes 8 --code-dimension 4'.split(' ');
const train = (name: string, ...words: readonly string[]) =>
  resultOf(root, [
    'train',
    ...words,
    '--steps',
    '30',
    '--batch-size',
    '16',
    '--out',
    `runs/${name}`,
    '--json',
  ]);
await train('vq', 'vq-vae', '--data', 'photos', ...NETWORKS);
const PRIOR =
  '--channels 8 --layers 2 --first-kernel 3 --kernel 3 --head-channels 16 --learning-rate 0.01'.split(' ');
const fitted = (...words: readonly string[]) => resultOf(root, ['fit-prior', ...words, '--json']);
await fitted('vq', 'pixelcnn', ...PRIOR, '--steps', '150', '--batch-size', '16');

const compress = async (...words: readonly string[]) =>
  JSON.parse(await resultOf(root, ['compress', ...words, '--json']));
const refusal = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr;
};
const bytesOf = (path: string) => readFile(join(root, path));
const facts = await compress('photos', '--run', 'vq', '--threads', '2');

async function picturesIn(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(join(root, folder), { recursive: true });
  const pictures = names.filter((name) => name.endsWith('.png')).sort();
  return new Map(
    await Promise.all(pictures.map(async (name) => [name, await bytesOf(join(folder, name))] as const)),
  );
}

/** Mean squared errors of pictures that come back, with intensities in [0, 1]. */
async function errorsOf(back: ReadonlyMap<string, Buffer>): Promise<number[]> {
  const pixels = (png: Buffer) => sharp(png).toColourspace('srgb').removeAlpha().raw().toBuffer();
  const errors: number[] = [];
  for (const [name, png] of await picturesIn('photos')) {
    const [a, b] = [await pixels(png), await pixels(back.get(name) ?? Buffer.alloc(0))];
    errors.push(a.reduce((sum, level, i) => sum + ((level - b[i]) / 255) ** 2, 0) / a.length);
  }
  return errors;
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** That the indices of all pictures took what `evaluate` says of them, in bytes. */
async function expectBytesAsEvaluated(run: string, bytes: number): Promise<void> {
  const card = JSON.parse(
    await resultOf(root, ['evaluate', run, '--prior', 'pixelcnn', '--data', 'photos', '--json']),
  );
  const nats = card.metrics.find(({ name }: { name: string }) => name === 'codeLogLikelihood').value;
  const expected = (-nats * 100) / (8 * Math.LN2);
  expect(bytes).toBeGreaterThan(0.99 * expected - 1);
  expect(bytes).toBeLessThan(1.01 * expected + 3);
}

test('the bytes are the same on another number of threads, and so are the pictures that come back', async () => {
  expect(facts).toMatchObject({ output: 'photos.vkc', samples: 100, prior: 'pixelcnn' });
  await compress('photos', '--run', 'vq', '--threads', '1', '-o', 'again.vkc');
  expect(await bytesOf('again.vkc')).toEqual(await bytesOf('photos.vkc'));
  await rm(join(root, 'two'), { force: true, recursive: true });
  // The run is found by the name that the file has for it.
  await resultOf(root, ['decompress', 'photos.vkc', '--threads', '1', '-o', 'one']);
  await resultOf(root, ['decompress', 'photos.vkc', '--threads', '2', '-o', 'two']);
  const one = await picturesIn('one');
  expect(one).toEqual(await picturesIn('two'));
  expect([...one.keys()]).toEqual([...(await picturesIn('photos')).keys()]);
});

test('the pictures that come back are as far from those that were given as was said', async () => {
  const errors = await errorsOf(await picturesIn('one'));
  expect(facts.meanSquaredError).toBeCloseTo(mean(errors), 6);
  expect(facts.psnr).toBeCloseTo(mean(errors.map((error) => -10 * Math.log10(error))), 4);
});

test('indices take the bytes that evaluate says, and files say what they take in all', async () => {
  await expectBytesAsEvaluated('vq', facts.codes.bytes);
  expect(facts.compressed.bytes).toBe((await bytesOf('photos.vkc')).length);
  expect(facts.compressed.bitsPerDimension).toBeCloseTo(
    (8 * facts.compressed.bytes) / (100 * 16 * 16 * 3),
    10,
  );
  const source = [...(await picturesIn('photos')).values()].reduce((sum, { length }) => sum + length, 0);
  expect(facts.source.bytes).toBe(source);
});

test('an index takes log₂ K bits at most, fewer if one knows how often each occurs, and fewer still under a prior', async () => {
  // Of all pictures, most of which the prior was fitted on.
  const card = JSON.parse(await readFile(join(root, 'runs', 'vq', 'evaluation-pixelcnn.json'), 'utf8'));
  const metrics = new Map<string, number>(
    card.metrics.map(({ name, value }: { name: string; value: number }) => [name, value]),
  );
  const [nominal, unigram, prior] = ['nominalBits', 'unigramBits', 'priorBits'].map(
    (name) => metrics.get(name) ?? Number.NaN,
  );
  expect(nominal).toBe(3);
  expect(unigram).toBeLessThan(nominal);
  expect(prior).toBeLessThan(unigram);
  expect(prior).toBeCloseTo(metrics.get('codeBits') ?? Number.NaN, 5);
});

test('a prior that knows more takes fewer bytes', async () => {
  const uniform = await compress('photos', '--run', 'vq', '--prior', 'uniform', '-o', 'uniform.vkc');
  expect(uniform.codes.bytes).toBe(Math.ceil((100 * 16 * Math.log2(8)) / 8));
  await fitted('vq', 'unigram');
  const unigram = await compress('photos', '--run', 'vq', '--prior', 'unigram', '-o', 'unigram.vkc');
  expect(unigram.codes.bytes).toBeLessThan(uniform.codes.bytes);
  await resultOf(root, ['decompress', 'unigram.vkc', '--run', 'vq']);
  await resultOf(root, ['decompress', 'uniform.vkc', '--run', 'vq', '-o', 'flat']);
  expect(await picturesIn('unigram')).toEqual(await picturesIn('one'));
  expect(await picturesIn('flat')).toEqual(await picturesIn('one'));
});

test('single pictures are compressed too, and what is no picture comes back as a table or an array', async () => {
  const names = ['photos/blue/003.png', 'photos/orange/017.png'];
  expect(await compress(...names, '--run', 'vq', '-o', 'some.vkc')).toMatchObject({ samples: 2 });
  await resultOf(root, ['decompress', 'some.vkc']);
  expect(await bytesOf('some/003.png')).toEqual(await bytesOf('one/blue/003.png'));
  expect(await readdir(join(root, 'some'))).toEqual(['003.png', '017.png']);
  await train('rows', 'categorical-vae', '--data', 'table.csv', '--variables', '4', '--architecture', 'mlp');
  await compress('table.csv', '--run', 'rows');
  await resultOf(root, ['decompress', 'table.vkc', '-o', 'rows']);
  const lines = (await readFile(join(root, 'rows', 'samples.csv'), 'utf8')).trim().split('\n');
  expect([lines[0], lines.length]).toEqual(['height,weight,visits,colour', 121]);
});

test('a file that is damaged, empty, of another kind or made by another run is one sentence', async () => {
  const bytes = await bytesOf('photos.vkc');
  const run = await loadRun(join(root, 'runs', 'vq'));
  const saying = (data: Uint8Array, words: string | RegExp) =>
    expect(decompress(run, data, 'bad.vkc')).rejects.toThrow(words);
  const file = readContainer(bytes, 'photos.vkc');
  const codes = file.codes.with(3, file.codes[3] ^ 1);
  await saying(bytes.subarray(0, -9), 'bad.vkc was cut short or changed');
  await saying(new Uint8Array(0), 'bad.vkc is empty');
  await saying(await bytesOf('table.csv'), 'is no file that vaekit compress wrote');
  await saying(
    writeContainer({ ...file, codes }),
    'bad.vkc cannot be read here: its probabilities were computed by',
  );
  await saying(
    writeContainer({ ...file, weights: file.prior }),
    /made by other weights than .*vq has; name the run that made it, which was called vq/,
  );
  await run.close();
  const written = async (data: Uint8Array) => {
    await writeFile(join(root, 'bad.vkc'), data);
    const said = await refusal('decompress', 'bad.vkc', '--run', 'vq', '-o', 'nothing');
    expect(await readdir(root)).not.toContain('nothing');
    return said;
  };
  const changed = bytes.with(bytes.length - 20, bytes[bytes.length - 20] ^ 1);
  expect(await written(changed)).toContain('bad.vkc was cut short or changed');
  const names = file.names.map((name, i) => (i === 7 ? '../../outside.png' : name));
  expect(await written(writeContainer({ ...file, names }))).toContain('no place within a folder');
});

const SCALARS = '--channels 8 --block-channels 4 --blocks 1 --quantiser fsq --scalar-levels 3,4'.split(' ');

test.each([
  ['two maps', 'vq-vae-2', [...NETWORKS, '--halvings', '1'], 64 + 16],
  ['finite scalars', 'vq-vae', SCALARS, 16],
  ['residual codebooks', 'vq-vae', [...NETWORKS, '--quantiser', 'residual', '--codebooks', '2'], 2 * 16],
] as const)(
  '%s take the bytes that evaluate says, on any number of threads, and are read by their run alone',
  async (name, system, options, indices) => {
    await train(name, system, '--data', 'photos', ...options);
    await fitted(name, 'pixelcnn', ...PRIOR, '--steps', '20', '--batch-size', '16');
    const folder = `restored ${name}`;
    const on = (threads: string, words: readonly string[]) =>
      resultOf(root, words, { env: { VAEKIT_THREADS: threads } });
    const packed = JSON.parse(
      await on('1', ['compress', 'photos', '--run', name, '-o', 'one.vkc', '--json']),
    );
    await on('2', ['compress', 'photos', '--run', name, '-o', 'two.vkc']);
    const bytes = await bytesOf('one.vkc');
    expect(await bytesOf('two.vkc')).toEqual(bytes);
    expect(readContainer(bytes, 'one.vkc')).toMatchObject({ count: 100, size: indices });
    await expectBytesAsEvaluated(name, packed.codes.bytes);
    await on('2', ['decompress', 'one.vkc', '-o', folder]);
    await on('1', ['decompress', 'one.vkc', '-o', `${folder} again`]);
    const back = await picturesIn(folder);
    expect(back.size).toBe(100);
    expect(await picturesIn(`${folder} again`)).toEqual(back);
    expect(packed.meanSquaredError).toBeCloseTo(mean(await errorsOf(back)), 6);
    expect(await refusal('decompress', 'one.vkc', '--run', 'vq', '-o', 'nothing')).toMatch(
      new RegExp(
        `one\\.vkc was made by other weights than .*vq has; name the run that made it, which was called ${name}`,
      ),
    );
    for (const length of [bytes.length - 1, Math.floor(bytes.length / 2), 20]) {
      await writeFile(join(root, 'cut.vkc'), bytes.subarray(0, length));
      expect(await refusal('decompress', 'cut.vkc', '--run', name, '-o', 'nothing')).toContain(
        'cut.vkc was cut short or changed',
      );
    }
    expect(await readdir(root)).not.toContain('nothing');
  },
);

test('a prior that was fitted again reads no older file', async () => {
  await fitted('vq', 'pixelcnn', ...PRIOR, '--steps', '150', '--batch-size', '16', '--seed', '3');
  const said = await refusal('decompress', 'photos.vkc', '-o', 'nothing');
  expect(said).toMatch(/was made with another pixelcnn than .*vq has now/);
});

test('runs and flags that nothing can be made of are refused', async () => {
  const certain = await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'runs/ae']);
  expect(await refusal('compress', 'digits.npz', '--run', certain.run)).toContain(
    'codes of ae are real numbers, and only indices are compressed',
  );
  expect(await refusal('compress', 'digits.npz', '--run', 'vq')).toMatch(
    /holds pictures of 8×8×1, uint8, and .*vq takes pictures of 16×16×3/,
  );
  expect(await refusal('compress', 'photos', '--run', 'vq', '--prior', 'gmm')).toContain(
    "has no prior 'gmm'",
  );
  const same = ['photos/blue/001.png', 'photos/orange/001.png'];
  expect(await refusal('compress', ...same, '--run', 'vq')).toContain('two of the files are called 001.png');
  expect(await refusal('decompress', 'photos.vkc', '-o', 'photos')).toContain(
    '--output photos: is there already',
  );
  await fitted('vq', 'pixelcnn', ...PRIOR, '--steps', '150', '--batch-size', '16', '--conditional');
  expect(await refusal('compress', 'photos', '--run', 'vq', '--prior', 'pixelcnn')).toContain(
    'is told the class of each sample, which is not kept; fit it without --conditional',
  );
});
