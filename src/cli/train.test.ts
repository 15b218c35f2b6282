import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  makeArrays,
  makePictures,
  makeTable,
  runInShell,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import type { Outcome } from '../conformance/processes.js';
import { boardOf, recordsOf } from '../conformance/runFiles.js';
import type { RunSummary } from '../node/index.js';
import type { RunConfig } from '../node/runs/config.js';

const root = await temporaryFolder('train');
/** What a shell must be told with quotes. */
const PICTURES = "it's my pictures";
await Promise.all([
  makePictures(join(root, PICTURES)),
  makeTable(join(root, 'table.csv')),
  makeArrays(join(root, 'digits.npz')),
]);

async function readJson<T>(...path: readonly string[]): Promise<T> {
  return JSON.parse(await readFile(join(root, ...path), 'utf8'));
}

const weightsOf = (run: string, name = 'best') =>
  readFile(join(root, run, 'checkpoints', `${name}.safetensors`));

describe('a run on pictures with every flag that scripts rely on', () => {
  const flags =
    '--seed 5 --epochs 2 --batch-size 16 --learning-rate 0.002 --latent 3 --architecture mlp --hidden 24,12 --checkpoint-every 4';
  const words = ['train', 'vae', '--data', PICTURES, ...flags.split(' ')];
  let outcome: Outcome;
  let summary: RunSummary;
  let config: RunConfig;

  beforeAll(async () => {
    outcome = await vaekit(root, [...words, '--out', 'first', '--json']);
    summary = JSON.parse(outcome.stdout);
    config = await readJson('first', 'config.json');
  });

  test('--json prints one JSON object on stdout and nothing else, and progress goes to stderr', () => {
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toBe(`${JSON.stringify(summary)}\n`);
    expect(summary).toMatchObject({
      run: join(root, 'first'),
      system: 'vae',
      engine: expect.stringMatching(/^(native|onnx)$/),
      epochs: expect.any(Number),
      steps: expect.any(Number),
      samplesPerSecond: expect.any(Number),
      best: { step: expect.any(Number), objective: expect.any(Number) },
      test: { loss: expect.any(Number), reconstruction: expect.any(Number), kl: expect.any(Number) },
    });
    const { loss, reconstruction, kl } = summary.test ?? {};
    // Means of the same float32 numbers, summed in another order.
    expect(loss).toBeCloseTo(reconstruction + kl, 3);
    expect(outcome.stderr).toContain('vae on it-s-my-pictures: 68 training samples');
    expect(outcome.stderr).toContain('validation');
  });

  test('every flag is in config.json and has its effect', async () => {
    expect(config).toMatchObject({
      training: { seed: 5, epochs: 2, batchSize: 16, learningRate: 0.002, checkpointEvery: 4 },
      options: { latent: 3, architecture: 'mlp', hidden: [24, 12] },
      data: { source: join(root, PICTURES), size: 80 },
    });
    // 80 pictures, of which 8 are for testing and 4 for validation.
    const steps = Math.round((2 * 68) / 16);
    expect(summary).toMatchObject({ steps, epochs: (steps * 16) / 68 });
    const dense = (widths: readonly number[]) =>
      widths.slice(1).reduce((sum, width, i) => sum + (widths[i] + 1) * width, 0);
    // The encoder's mean and log-variance of 3; the decoder's one value for each level of 12 × 12 × 3.
    expect(summary.parameters).toBe(dense([432, 24, 12, 6]) + dense([3, 12, 24, 432]));
    const checkpoints = await readdir(join(root, 'first', 'checkpoints'));
    expect(checkpoints.sort()).toEqual(['best.safetensors', 'step-8.safetensors', 'step-9.safetensors']);
    const rates = recordsOf(join(root, 'first')).flatMap(({ kind, learningRate }) =>
      kind === 'metrics' ? Math.fround(Number(learningRate)) : [],
    );
    expect(new Set(rates)).toEqual(new Set([Math.fround(0.002)]));
  });

  test.skipIf(process.platform === 'win32')(
    'the command in config.json, given to a shell, repeats the run to the same bytes',
    async () => {
      const command = config.command?.replace('--out first', '--out again') ?? '';
      expect((await runInShell(root, command)).code).toBe(0);
      expect(await weightsOf('again')).toEqual(await weightsOf('first'));
      expect(await weightsOf('again', 'step-9')).toEqual(await weightsOf('first', 'step-9'));
      const { created: _, command: __, ...rest } = await readJson<RunConfig>('again', 'config.json');
      expect(config).toMatchObject(rest);
    },
  );

  test('without --json, the results are text, without escape codes, and another seed gives other weights', async () => {
    const { code, stdout, stderr } = await vaekit(root, [...words, '--seed', '6', '--out', 'second']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^9 steps, 2\.12 epochs in .* \(\d+ samples\/s\)\n/);
    expect(stdout).toMatch(
      /test loss [\d.]+ nats per sample over 8 samples: reconstruction [\d.]+, kl [\d.]+/,
    );
    expect(stdout).toContain(`${join('second', 'report.html')}\n`);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(await weightsOf('second')).not.toEqual(await weightsOf('first'));
  });

  test('a second run into the same folder is refused, and the first stays as it was', async () => {
    const before = await weightsOf('first');
    const { code, stdout, stderr } = await vaekit(root, [...words, '--out', 'first']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('first is not empty; choose another folder with --out');
    expect(await weightsOf('first')).toEqual(before);
  });

  test('report.html needs no other file and no network, and shows every picture of the run', async () => {
    const html = await readFile(join(root, 'first', 'report.html'), 'utf8');
    const outside = Array.from(html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g), ([, to]) => to);
    expect(outside).not.toEqual([]);
    expect(outside.filter((to) => !to.startsWith('data:') && !to.startsWith('#'))).toEqual([]);
    const drawn = await readdir(join(root, 'first', 'pictures'));
    const figures = drawn.filter((name) => name.endsWith('.png'));
    expect(html.match(/<figure/g)?.length).toBeGreaterThanOrEqual(figures.length);
    expect(html).toContain('--learning-rate 0.002');
  });

  test('every picture is a sound PNG, and curves are SVG as well', async () => {
    const drawn = (await readdir(join(root, 'first', 'pictures'))).sort();
    expect(drawn).toEqual([
      'curves.png',
      'curves.svg',
      'interpolations.png',
      'kl.png',
      'kl.svg',
      'latent-map.png',
      'overview.png',
      'reconstructions.png',
      'samples.png',
      'traversals.png',
    ]);
    for (const name of drawn) {
      // SVG is drawn by another renderer than ours: it must at least find no fault in it.
      const { data, info } = await sharp(join(root, 'first', 'pictures', name))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info.width, name).toBeGreaterThan(100);
      expect(new Set(data).size, `${name} is blank`).toBeGreaterThan(4);
    }
  });
});

describe.each([
  ['ae', 'digits.npz', ['reconstruction']],
  ['vae', 'table.csv', ['reconstruction', 'kl']],
  ['cvae', 'digits.npz', ['reconstruction', 'kl']],
  ['beta-vae', 'two-moons', ['reconstruction', 'kl']],
] as const)('%s on %s', (system, data, terms) => {
  const name = `${system}-on-${data}`;
  let summary: RunSummary;

  beforeAll(async () => {
    const size = data === 'two-moons' ? ['--size', '300'] : [];
    summary = await trainShort(root, [system, '--data', data, ...size, '--out', name]);
  });

  test('reports each of its terms on the test part', () => {
    expect(summary).toMatchObject({ system, steps: 20, run: join(root, name) });
    const { loss, ...test } = summary.test ?? {};
    expect(Object.keys(test)).toEqual(expect.arrayContaining([...terms]));
    expect(terms.reduce((sum, term) => sum + test[term], 0)).toBeCloseTo(loss, 3);
  });

  test('records go forward, step by step, and stand in TensorBoard’s file too', async () => {
    const records = recordsOf(join(root, name));
    for (const kind of ['metrics', 'evaluation']) {
      const steps = records.filter((line) => line.kind === kind).map(({ step }) => Number(step));
      expect(steps.at(-1), kind).toBe(20);
      expect(steps, kind).toEqual([...new Set(steps)].sort((a, b) => a - b));
    }
    const shown = new Map(boardOf(join(root, name)));
    const [last] = records.filter(({ kind }) => kind === 'evaluation').slice(-1);
    expect(Number(shown.get('validation/loss 20'))).toBeCloseTo(Number(last.loss), 3);
    const files = await readdir(join(root, name));
    expect(files).toEqual(expect.arrayContaining(['config.json', 'summary.json', 'report.html', 'model']));
  });

  test('the last two checkpoints and the best are kept, and no half-written file', async () => {
    const files = await readdir(join(root, name), { recursive: true });
    const checkpoints = files.filter((file) => file.startsWith('checkpoints') && file.includes('.'));
    expect(checkpoints.sort()).toEqual(
      ['best', 'step-10', 'step-20'].map((file) => join('checkpoints', `${file}.safetensors`)),
    );
    expect(files.filter((file) => /\.lock|tmp|~/.test(file))).toEqual([]);
  });
});

test('runs without --out are numbered in runs/', async () => {
  const words = ['ae', '--data', 'digits.npz', '--steps', '2'];
  const runs = [await trainShort(root, words), await trainShort(root, words)].map(({ run }) => run);
  expect(runs).toEqual([join(root, 'runs', 'ae-digits-1'), join(root, 'runs', 'ae-digits-2')]);
});
