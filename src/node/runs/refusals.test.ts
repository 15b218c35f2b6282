/** Input that cannot be trained on is refused in one sentence that says what to do, before anything is written. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { makeTable, resultOf, temporaryFolder, vaekit } from '../../conformance/commandLine.js';
import { filesOf } from '../../conformance/runFiles.js';
import { encodeNpy, encodeNpz } from '../../data/index.js';
import { crc32 } from '../../data/zip.js';

const root = await temporaryFolder('refusals');
const SHORT = [
  '--steps',
  '4',
  '--batch-size',
  '8',
  '--architecture',
  'mlp',
  '--hidden',
  '8',
  '--latent',
  '2',
];

async function folderOf(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await mkdir(join(root, name));
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(root, name, file), bytes);
}

const grey = (side: number, level: number) =>
  sharp(Buffer.alloc(side * side, level), { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer();

/** A grey PNG file of any size whose pixels are a few zeros: small on the disk, large in memory. */
function emptyPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, check]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Forty 4×4 pictures, of which the first bytes are kept. */
function idx(bytes: number): Buffer {
  const file = Buffer.from(Uint8Array.from({ length: 16 + 40 * 16 }, (_, i) => i * 7));
  [0x00000803, 40, 4, 4].forEach((word, i) => {
    file.writeUInt32BE(word, 4 * i);
  });
  return file.subarray(0, bytes);
}

const levels = Uint8Array.from({ length: 40 * 16 }, (_, i) => i * 7);
const rows = (line17: string) =>
  ['a,b', ...Array.from({ length: 30 }, (_, i) => (i === 17 ? line17 : `${i * 1.5},${i * 0.7}`)), ''].join(
    '\n',
  );

const pictures = Object.fromEntries(
  await Promise.all(Array.from({ length: 40 }, async (_, i) => [`${i}.png`, await grey(6, 6 * i)] as const)),
);
const cut = (await grey(6, 0)).subarray(0, 60);
const vast = emptyPng(30_000, 30_000);
await folderOf('empty', {});
await folderOf('some-bad', { ...pictures, 'cut.png': cut, 'text.png': 'hello', 'vast.png': vast });
await folderOf('all-bad', { 'cut.png': cut, 'text.png': 'hello' });
await folderOf('vast', { 'vast.png': vast });
await folderOf('idx', { 'train-images-idx3-ubyte': idx(300) });
await folderOf('idx-gz', { 'train-images-idx3-ubyte.gz': gzipSync(idx(656)).subarray(0, 200) });
await folderOf('files', {
  'cut.npz': encodeNpz({ x: { values: levels, shape: [40, 4, 4] } }).subarray(0, 300),
  'cut.npy': encodeNpy(levels, [40, 4, 4]).subarray(0, 300),
  'bomb.npz': encodeNpz({ x: { values: new Uint8Array(2 ** 27), shape: [2 ** 21, 8, 8] } }),
  'ragged.csv': rows('1,2,3'),
  'nan.csv': rows('NaN,2'),
  'infinite.csv': rows('1,inf'),
  'header.csv': 'a,b\n',
  'nothing.csv': '',
  'two.csv': 'a,b\n1.5,2.5\n2.5,3.5\n',
  'nan.npy': encodeNpy(
    Float32Array.from({ length: 160 }, (_, i) => (i === 17 ? NaN : Math.sin(i))),
    [40, 4],
  ),
});
await makeTable(join(root, 'table.csv'), { rows: 60 });

const dataCases: [data: string, sentence: string | RegExp][] = [
  ['nope/', 'there is no file or folder nope/; check the path'],
  ['glyhps', "there is no file, folder or generated data set 'glyhps'; did you mean 'glyphs'?"],
  [
    'empty',
    'empty: the folder is empty; looked in it and its sub-folders for pictures (PNG, JPEG, WebP, GIF, TIFF or AVIF), clouds of points (PLY, OFF, XYZ) and train-images-idx3-ubyte',
  ],
  [
    'all-bad',
    'all-bad: no file can be read as a picture: cut.png (it is no picture that can be decoded), text.png (it is no picture that can be decoded); give PNG, JPEG, WebP, GIF, TIFF or AVIF',
  ],
  [
    'vast',
    'vast: no file can be read as a picture: vast.png (30000×30000 pixels are more than 100 million); give PNG, JPEG, WebP, GIF, TIFF or AVIF',
  ],
  [
    'idx',
    'idx/train-images-idx3-ubyte: its header declares uint8 [40, 4, 4], which takes 640 bytes, but 284 bytes follow; the file is cut short, so fetch it again',
  ],
  [
    'idx-gz',
    'idx-gz/train-images-idx3-ubyte.gz: cannot be unpacked (unexpected end of file); fetch it again',
  ],
  [
    'files/cut.npz',
    'files/cut.npz: is not a whole zip archive, for its end is missing; fetch or save it again',
  ],
  [
    'files/cut.npy',
    'files/cut.npy: its header declares uint8 [40, 4, 4], which takes 640 bytes, but 172 bytes follow; the file is cut short, so fetch it again',
  ],
  [
    'files/bomb.npz',
    /^files\/bomb\.npz:x\.npy: \d+ KiB unpack to 128 MiB and more, as in a bomb that fills the memory; unpack it yourself if you trust it, and give the file that comes out$/,
  ],
  [
    'files/ragged.csv',
    "files/ragged.csv, line 19: has 3 cells where the table has 2 columns; mend the line, and put cells that contain ',' in quotes",
  ],
  [
    'files/nan.csv',
    "files/nan.csv, line 19, column 'a': the cell is missing ('NaN'); missing cells by column: a 1; keep such rows with --missing mask, leave them out with --missing drop, or fill them in",
  ],
  [
    'files/infinite.csv',
    "files/infinite.csv, line 19, column 'b': 'inf' is not finite; replace it, or leave the cell empty if the value is unknown",
  ],
  ['files/header.csv', 'files/header.csv: has a header but no rows; give at least one'],
  ['files/nothing.csv', 'files/nothing.csv: is empty; give a file with data'],
  ['files/two.csv', 'two: has too few samples (2) for a training, a validation and a test part; give more'],
  [
    'files/nan.npy',
    'files/nan.npy: sample 4 has the value NaN; keep it as missing with --missing mask, or remove or mend the sample',
  ],
];

test.each(dataCases)('data %s are refused', async (data, sentence) => {
  await expectRefusal(['train', 'vae', '--data', data, ...SHORT], sentence);
});

const onTable = (...words: string[]) => ['train', 'vae', '--data', 'table.csv', ...words];

const optionCases: [words: string[], sentence: string | RegExp][] = [
  [['train', 'vea'], "there is no system 'vea'; did you mean 'vae'? (vaekit systems lists them)"],
  [
    ['train', 'vae', '--data', 'some-bad', '--strict', ...SHORT],
    'some-bad/cut.png: it is no picture that can be decoded; remove it, or leave out --strict to go on without it',
  ],
  [
    onTable('--batch-size', '1000'),
    '--batch-size: a batch of 1000 is larger than the 51 training samples; take 51 or fewer',
  ],
  [onTable('--latent', '-3'), '--latent: must be more than 0, not -3'],
  [onTable('--latent', '2.5'), '--latent: must be a whole number, not 2.5'],
  [onTable('--latent', 'two'), "--latent: must be a number, not 'two'"],
  [onTable('--learning-rate', '-1'), '--learning-rate: must be more than 0, not -1'],
  [onTable('--steps', '0'), '--steps: must be more than 0, not 0'],
  [
    onTable('--architecture', 'covn'),
    "--architecture: must be one of auto, mlp, conv, resnet, not 'covn'; did you mean 'conv'?",
  ],
  [onTable('--likelyhood', 'gaussian'), "unknown option '--likelyhood'; did you mean --likelihood?"],
  [
    onTable('--momentum', '0.5', '--batch-size', '8'),
    '--momentum: has no effect with optimizer adam, only with sgd; leave it out',
  ],
  [onTable('--strict'), 'table.csv: the option --strict has no effect on a CSV table; leave it out'],
  [onTable('--threads', '0'), '--threads: must be more than 0, not 0'],
  [
    ['train', 'cvae', '--data', 'table.csv', ...SHORT, '--label-column', 'none'],
    '--data: cvae is conditioned on classes, and this data has none; give it labels or choose another system',
  ],
];

test.each(optionCases)('%j is refused', async (words, sentence) => {
  await expectRefusal(words, sentence);
});

test('an engine that there is not is refused where the environment names it, too', async () => {
  const { code, stdout, stderr } = await vaekit(root, onTable('--out', 'run'), {
    env: { VAEKIT_ENGINE: 'fast' },
  });
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "vaekit: VAEKIT_ENGINE must be one of auto, native, onnx, reference, not 'fast'; correct or unset it\n",
  });
});

/** A run that cannot begin says one sentence and leaves nothing, not even the folder that it was to be in. */
async function expectRefusal(words: readonly string[], sentence: string | RegExp): Promise<void> {
  const { code, stdout, stderr } = await vaekit(root, [...words, '--out', 'new/run']);
  const [line, ...more] = stderr.replace(/^vaekit: /, '').split('\n');
  if (typeof sentence === 'string') expect(line).toBe(sentence);
  else expect(line).toMatch(sentence);
  expect({ code, stdout, more, isLeft: existsSync(join(root, 'new')) }).toEqual({
    code: 2,
    stdout: '',
    more: [''],
    isLeft: false,
  });
}

test('files among pictures that cannot be read are left out, and named with their number', async () => {
  const { code, stderr } = await vaekit(root, ['train', 'vae', '--data', 'some-bad', ...SHORT]);
  expect(stderr).toContain(
    '3 files are left out: cut.png (it is no picture that can be decoded), text.png (it is no picture that can be decoded), vast.png (30000×30000 pixels are more than 100 million)\n',
  );
  expect(stderr).toContain('34 training samples');
  expect(code).toBe(0);
});

test.each(['mlp', 'conv', 'resnet'])(
  'pictures of 1×1 train with the %s architecture',
  async (architecture) => {
    await writeFile(join(root, 'pixels.npy'), encodeNpy(levels.subarray(0, 60), [60, 1, 1, 1]));
    const words = ['train', 'vae', '--data', 'pixels.npy', '--steps', '4', '--batch-size', '8'];
    const { test: measured } = JSON.parse(
      await resultOf(root, [
        ...words,
        '--architecture',
        architecture,
        '--json',
        '--out',
        `pixels-${architecture}`,
      ]),
    );
    expect(measured.loss).toBeGreaterThan(0);
  },
);

test('a run never takes the place of anything', async () => {
  await folderOf('results', { 'thesis.txt': 'all of it' });
  const before = filesOf(root);
  const refused = await vaekit(root, [...onTable(...SHORT), '--out', 'results']);
  expect(refused).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'vaekit: results is not empty; choose another folder with --out, or continue the run there with vaekit resume results\n',
  });
  const inTheWay = await vaekit(root, [...onTable(...SHORT), '--out', 'table.csv']);
  expect(inTheWay).toEqual({
    code: 1,
    stdout: '',
    stderr: `vaekit: cannot write ${join(root, 'table.csv')}: a file of that name is there; choose another name\n`,
  });
  expect(filesOf(root)).toEqual(before);
});
