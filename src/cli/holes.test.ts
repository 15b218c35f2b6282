/** Runs that learn from samples with holes: tables with empty cells, arrays and pictures with NaN, and every verb on them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePictures, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';
import { encodeNpy, encodeNpz } from '../data/index.js';
import { RandomStream } from '../random/index.js';

const root = await temporaryFolder('holes');
const ROWS = 600;
const COLUMNS = ['age', 'dose', 'marker', 'visits', 'group', 'smokes'];
/** A row with nothing in it but its id. */
const EMPTY = 17;
const normal = new RandomStream(3, 'patients').normal(new Float32Array(6 * ROWS));
/** Patients all of whose columns depend on two numbers. */
const whole = Array.from({ length: ROWS }, (_, i) => {
  const [z, w, ...e] = normal.subarray(6 * i, 6 * i + 6);
  const group = z + 0.3 * e[3] > 0 ? 'old' : w > 0 ? 'young' : '"mid, other"';
  return [
    (50 + 15 * z + 3 * e[0]).toFixed(2),
    (-2 + 2 * z - w + 0.4 * e[1]).toFixed(3),
    (5 * w + e[2]).toFixed(3),
    String(Math.max(0, Math.floor(4 + 2 * w + 0.5 * e[3]))),
    group,
    w > 0 ? 'yes' : 'no',
  ];
});
const u = new RandomStream(3, 'cells').uniform(new Float32Array(6 * ROWS));
const isHidden = (i: number, j: number) => i === EMPTY || u[6 * i + j] < 0.3;
const holed = whole.map((row, i) => row.map((cell, j) => (isHidden(i, j) ? '' : cell)));

function csv(rows: readonly (readonly string[])[], columns = COLUMNS): string {
  const lines = rows.map((row, i) => [`p${i}`, ...row].join(','));
  return `${[['id', ...columns].join(','), ...lines].join('\n')}\n`;
}

const numbers = Float32Array.from({ length: 3 * ROWS }, (_, i) =>
  isHidden(Math.floor(i / 3), i % 3) ? Number.NaN : Number(whole[Math.floor(i / 3)][i % 3]),
);
/** 4×4 pictures whose upper or lower half is bright, and a quarter of the pixels unknown. */
const pixels = Float32Array.from({ length: 200 * 16 }, (_, i) => {
  const isUpper = i % 16 < 8;
  const isBright = isUpper === (Math.floor(i / 16) % 2 === 0);
  return u[i] < 0.25 ? Number.NaN : (isBright ? 0.8 : 0.1) + 0.1 * u[i];
});
await Promise.all([
  makePictures(join(root, 'pictures'), { each: 5 }),
  writeFile(join(root, 'patients.csv'), csv(holed)),
  writeFile(join(root, 'whole.csv'), csv(whole)),
  writeFile(
    join(root, 'void.csv'),
    csv(
      holed.map((row) => [...row, '']),
      [...COLUMNS, 'void'],
    ),
  ),
  writeFile(
    join(root, 'void.npy'),
    encodeNpy(
      numbers.map((v, i) => (i % 3 === 1 ? Number.NaN : v)),
      [ROWS, 3],
    ),
  ),
  writeFile(join(root, 'numbers.npy'), encodeNpy(numbers, [ROWS, 3])),
  writeFile(join(root, 'pixels.npz'), encodeNpz({ x: { values: pixels, shape: [200, 4, 4] } })),
]);

const MASK = ['--missing', 'mask'];
const summary = await trainShort(root, [
  'vae',
  '--data',
  'patients.csv',
  ...MASK,
  ...'--steps 1000 --evaluate-every 100 --batch-size 64 --hidden 32 --latent 3 --learning-rate 3e-3'.split(
    ' ',
  ),
  '--out',
  'patients',
]);
await trainShort(root, ['vae', '--data', 'whole.csv', '--out', 'complete']);

test('a run says that it takes holes', async () => {
  const config = JSON.parse(await readFile(join(root, 'patients/config.json'), 'utf8'));
  expect(config.data).toMatchObject({ size: ROWS, options: { missing: 'mask' }, spec: { holes: true } });
  const [age] = config.data.spec.columns;
  // Over the cells that are there, of which there are 7 in 10.
  expect(Math.abs(age.mean - 50)).toBeLessThan(3);
  expect(Math.abs(age.deviation - 15.3)).toBeLessThan(2);
  expect(Number.isFinite(summary.test?.loss)).toBe(true);
});

test('empty cells are found better than by the mean of their column or the commonest category', async () => {
  await resultOf(root, ['impute', 'patients', '--data', 'patients.csv', '--draws', '1', '-o', 'filled.csv']);
  const filled = (await readRows(join(root, 'filled.csv'))).filter(({ version }) => version === 'mean');
  expect(filled.length).toBe(ROWS);
  const bare = (cell: string) => cell.replaceAll('"', '');
  COLUMNS.forEach((name, j) => {
    const hidden = whole.flatMap((row, i) =>
      isHidden(i, j) ? [{ truth: bare(row[j]), found: String(filled[i][name]) }] : [],
    );
    const seen = holed.flatMap((row) => (row[j] === '' ? [] : [bare(row[j])]));
    expect(hidden.length).toBeGreaterThan(140);
    const [own, usual] = j < 4 ? squares(hidden, seen) : mistakes(hidden, seen);
    expect(own / usual).toBeLessThan(0.75);
    whole.forEach((row, i) => {
      if (isHidden(i, j)) return;
      const found = String(filled[i][name]);
      if (j < 4) expect(Number(found)).toBe(Number(row[j]));
      else expect(found).toBe(bare(row[j]));
    });
  });
});

interface Hidden {
  readonly truth: string;
  readonly found: string;
}

/** Root mean squared errors of what was found, and of the mean. */
function squares(hidden: readonly Hidden[], seen: readonly string[]): [number, number] {
  const mean = seen.reduce((sum, cell) => sum + Number(cell), 0) / seen.length;
  const root = (guess: (each: Hidden) => number) =>
    Math.sqrt(hidden.reduce((sum, each) => sum + (guess(each) - Number(each.truth)) ** 2, 0) / hidden.length);
  return [root(({ found }) => Number(found)), root(() => mean)];
}

/** Shares of wrong categories. */
function mistakes(hidden: readonly Hidden[], seen: readonly string[]): [number, number] {
  const often = (category: string) => seen.filter((cell) => cell === category).length;
  const [commonest] = [...new Set(seen)].sort((a, b) => often(b) - often(a));
  const wrong = (guess: (each: Hidden) => string) =>
    hidden.filter((each) => guess(each) !== each.truth).length / hidden.length;
  return [wrong(({ found }) => found), wrong(() => commonest)];
}

test('its metrics are of what is there, and say so', async () => {
  const words = ['evaluate', 'patients', '--metrics', 'elbo,nll,reconstruction', '--draws', '50', '--json'];
  const { metrics } = JSON.parse(await resultOf(root, words));
  const of = (name: string) => metrics.find((each: { name: string }) => each.name === name);
  for (const name of ['elbo', 'logLikelihood', 'nll']) {
    expect(of(name).estimator).toContain('of what is there of each sample');
    expect(Number.isFinite(of(name).value)).toBe(true);
  }
  expect(of('elbo').value).toBeCloseTo(-(summary.test?.loss ?? 0), 0);
  expect(of('bitsPerDimension').reason).toBe('samples differ in how many of their numbers are there');
  expect(of('meanSquaredError').estimator).toBe(
    'mean over the numbers of a sample that are there, as models see them',
  );
  expect(of('meanSquaredError').value).toBeLessThan(0.2);
});

test('codes, reconstructions and scores are had of rows with and without holes, with no word about these', async () => {
  for (const data of ['patients.csv', 'whole.csv', 'patients.csv --missing drop']) {
    await resultOf(root, ['encode', 'patients', '--data', ...data.split(' '), '-o', 'codes.npz']);
    const { mean, logVar } = await readArrays(join(root, 'codes.npz'));
    expect(mean.shape[0]).toBe(
      data.endsWith('drop') ? whole.filter((_, i) => COLUMNS.every((__, j) => !isHidden(i, j))).length : ROWS,
    );
    expect([...mean.values, ...logVar.values].every((value) => Number.isFinite(value))).toBe(true);
    // Of a row with nothing in it, nothing is known but the prior.
    if (data !== 'patients.csv') continue;
    const spread = (i: number) =>
      Number(logVar.values[3 * i]) + Number(logVar.values[3 * i + 1]) + Number(logVar.values[3 * i + 2]);
    const usual = whole.map((_, i) => spread(i)).sort((a, b) => a - b)[ROWS / 2];
    expect(spread(EMPTY)).toBeGreaterThan(usual + 1);
  }
  await resultOf(root, ['reconstruct', 'patients', '--data', 'patients.csv', '-o', 'again.csv']);
  for (const row of await readRows(join(root, 'again.csv')))
    for (const name of COLUMNS) expect(String(row[name])).not.toMatch(/^$|NaN|undefined/);
  await resultOf(root, ['score', 'patients', '--by', 'reconstruction,negativeElbo,knn', '-o', 'scores.csv']);
  for (const row of await readRows(join(root, 'scores.csv')))
    for (const name of ['reconstruction', 'negativeElbo', 'knn'])
      expect(Number.isFinite(Number(row[name]))).toBe(true);
});

test('new rows, priors of codes, figures, and a run that is resumed', async () => {
  await resultOf(root, ['sample', 'patients', '--count', '50', '-o', 'new.csv']);
  for (const row of await readRows(join(root, 'new.csv')))
    for (const name of COLUMNS) expect(String(row[name])).not.toMatch(/^$|NaN|undefined/);
  await resultOf(root, ['fit-prior', 'patients', 'vamp', '--components', '20', '--steps', '20']);
  await resultOf(root, ['sample', 'patients', '--prior', 'vamp', '--count', '5', '-o', 'vamp.csv']);
  expect((await readRows(join(root, 'vamp.csv'))).length).toBe(5);
  await resultOf(root, ['reconstruct', 'patients']);
  const again = JSON.parse(await resultOf(root, ['resume', 'patients', '--json']));
  expect(again.test.loss).toBe(summary.test?.loss);
});

test('an exported encoder takes NaN for what is missing, and says so', async () => {
  await resultOf(root, ['export', 'patients']);
  const { inputs, parity } = JSON.parse(await readFile(join(root, 'patients/model/encoder.json'), 'utf8'));
  expect(inputs).toEqual([
    {
      name: 'x',
      dtype: 'float32',
      shape: [6],
      meaning:
        "a row: age, dose, marker, visits, group, smokes, in the table's own units; NaN where a value is missing",
    },
  ]);
  expect(parity.largestDifference).toBeLessThan(1e-4);
});

test('columns without a value are left out of a table', async () => {
  const { code, stderr } = await vaekit(root, [
    'train',
    'ae',
    '--data',
    'void.csv',
    ...MASK,
    '--steps',
    '5',
    '--out',
    'void',
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain("column 'void' is left out: it is empty");
});

test('rows of an array and pictures have holes as well', async () => {
  await trainShort(root, ['iwae', '--data', 'numbers.npy', ...MASK, '--out', 'numbers']);
  await resultOf(root, ['impute', 'numbers', '-o', 'numbers.npz']);
  const { x, observed } = await readArrays(join(root, 'numbers.npz'));
  expect(observed.values).toContain(0);
  expect(x.values.every(Number.isFinite)).toBe(true);
  await trainShort(root, [
    'vae',
    '--data',
    'pixels.npz',
    ...MASK,
    '--steps',
    '300',
    '--learning-rate',
    '5e-3',
    '--latent',
    '1',
    '--out',
    'pixels',
  ]);
  const { errors } = JSON.parse(await resultOf(root, ['impute', 'pixels', '--hide', 'half', '--json']));
  // Halves differ by 0.7 or so.
  expect(errors[0].value).toBeLessThan(0.15);
  const words = ['evaluate', 'pixels', '--metrics', 'elbo,reconstruction', '--json'];
  const { metrics } = JSON.parse(await resultOf(root, words));
  const of = (name: string) => metrics.find((each: { name: string }) => each.name === name);
  expect(of('psnr').value).toBeGreaterThan(15);
  expect(of('ssim').reason).toBe('windows of pictures with holes cannot be compared');
  await resultOf(root, ['reconstruct', 'pixels']);
});

test.each([
  [
    'train vae --data whole.csv --missing mask',
    'whole: nothing is missing in the training part, so --missing mask has no effect; leave it out',
  ],
  [
    'train vae --data void.npy --missing mask',
    "void: column '1' has no value in the training part, so there is nothing to learn; leave it out",
  ],
  [
    'train vae --data pictures --missing mask',
    'pictures: --missing mask is for tables and arrays of numbers; leave it out',
  ],
  [
    'train contractive-ae --data patients.csv --missing mask',
    /^--missing: contractive-ae compares whole samples, and of these some numbers are missing; take one of ae, dae, sparse-ae, vae, .*hierarchical-vae, or say drop, which leaves such rows out$/,
  ],
  [
    'train ae --tied --data patients.csv --missing mask',
    '--tied: has the decoder make what the encoder sees, and that of samples with holes sees a mask too; leave it out',
  ],
  [
    'encode complete --data patients.csv --missing mask -o a.csv',
    /complete was trained on whole samples, and --missing mask is for runs that were trained with it; fill patients\.csv in with vaekit impute, or leave such rows out with --missing drop$/,
  ],
])('vaekit %s is refused', async (typed, problem) => {
  const { code, stdout, stderr } = await vaekit(root, [
    ...typed.split(' '),
    ...(typed.startsWith('train') ? ['--out', 'refused'] : []),
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const sentence =
    stderr
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.replace(/^vaekit: /, '') ?? '';
  if (typeof problem === 'string') expect(sentence).toBe(problem);
  else expect(sentence).toMatch(problem);
  await expect(readFile(join(root, 'refused/config.json'))).rejects.toThrow('ENOENT');
});
