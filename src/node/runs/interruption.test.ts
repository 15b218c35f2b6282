/** Runs that are stopped and killed for real, and continued: they end as if nothing had happened. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultOf, startVaekit, temporaryFolder, vaekit } from '../../conformance/commandLine.js';
import { boardOf, filesOf, lastCheckpoints, recordsOf, summaryOf } from '../../conformance/runFiles.js';
import { encodeNpy } from '../../data/index.js';
import { RandomStream } from '../../random/index.js';

const root = await temporaryFolder('interruption');

/**
 * Everything that a checkpoint must carry is at work: moments, averages of weights, both warm-ups, a schedule, and
 * patience, which ends the run; checkpoints are no multiples of evaluations.
 */
const GLYPHS = [
  ['train', 'vae', '--json', '--data', 'glyphs', '--size', '320', '--architecture', 'mlp'],
  ['--hidden', '128', '--latent', '6', '--batch-size', '128', '--steps', '600', '--learning-rate', '0.01'],
  ['--schedule', 'cosine', '--warmup', '20', '--kl-warmup', '50', '--average-weights', '0.9'],
  ['--evaluate-every', '20', '--checkpoint-every', '15', '--patience', '5'],
].flat();

/** A run that nobody disturbs, to compare with. */
async function undisturbed(words: readonly string[], name: string): Promise<string> {
  await resultOf(root, [...words, '--out', name]);
  return join(root, name);
}

function expectSame(run: string, expected: string): void {
  expect(lastCheckpoints(run)).toEqual(lastCheckpoints(expected));
  expect(recordsOf(run)).toEqual(recordsOf(expected));
  expect(boardOf(run)).toEqual(boardOf(expected));
  expect(summaryOf(run)).toEqual(summaryOf(expected));
}

/** Windows has no signals: there, a process can only be killed. */
const signalled = test.skipIf(process.platform === 'win32');

const whole = await undisturbed(GLYPHS, 'whole');

test('the run that others are compared with has used all that a checkpoint carries', () => {
  const { reason, steps, best } = summaryOf(whole);
  expect(reason).toBe('patience');
  expect(best).toMatchObject({ step: Number(steps) - 5 * 20 });
  const records = recordsOf(whole).filter(({ kind }) => kind === 'metrics');
  expect(records.map(({ step }) => step)).toEqual(records.map((_, i) => i + 1));
  expect(records).toHaveLength(Number(steps));
  const shown = boardOf(whole).map(([name]) => name);
  expect(shown).toContain(`train/objective ${steps}`);
  expect(new Set(shown).size).toBe(shown.length);
});

test.each([
  ['as soon as it starts', /training samples/],
  ['between two checkpoints', /^step 40 /m],
  ['while early stopping counts', /^step 160 /m],
])('a run killed %s and resumed ends as one that never stopped, byte for byte', async (when, moment) => {
  const name = `killed ${when}`;
  const command = startVaekit(root, [...GLYPHS, '--out', name]);
  await command.said(moment);
  command.process.kill('SIGKILL');
  expect(await command.outcome).toMatchObject({ code: null, stdout: '' });
  expect(existsSync(join(root, name, 'summary.json'))).toBe(false);
  await resultOf(root, ['resume', name]);
  expectSame(join(root, name), whole);
});

/** Rows of five numbers that depend on two, three in ten of which are unknown. */
const holed = (() => {
  const draws = new RandomStream(2, 'holed').normal(new Float32Array(400 * 2));
  const u = new RandomStream(2, 'holes').uniform(new Float32Array(400 * 5));
  const value = (i: number, j: number) => draws[2 * i] * (j + 1) + draws[2 * i + 1] * (4 - j);
  return u.map((each, i) => (each < 0.3 ? Number.NaN : value(Math.floor(i / 5), i % 5)));
})();
const cells = Array.from({ length: 400 }, (_, i) =>
  Array.from(holed.subarray(5 * i, 5 * i + 5), (value) => (Number.isNaN(value) ? '' : value)).join(','),
);
writeFileSync(join(root, 'holed.csv'), `a,b,c,d,e\n${cells.join('\n')}\n`);
writeFileSync(join(root, 'holed.npy'), encodeNpy(holed, [400, 5]));

test.each([
  ['vae', 'holed.csv', '--latent 2 --average-weights 0.9'],
  ['iwae', 'holed.npy', '--latent 2 --k 3'],
])(
  'a run of %s on %s with holes that is killed ends as one that never stopped',
  async (system, data, own) => {
    const options = `--hidden 16 --batch-size 50 --steps 400 --evaluate-every 20 --checkpoint-every 15 ${own}`;
    const words = ['train', system, '--json', '--data', data, '--missing', 'mask', ...options.split(' ')];
    const expected = await undisturbed(words, `${system} with holes`);
    const name = `${system} killed`;
    const command = startVaekit(root, [...words, '--out', name]);
    await command.said(/^step 40 /m);
    command.process.kill('SIGKILL');
    expect((await command.outcome).code).toBe(null);
    expect(existsSync(join(root, name, 'summary.json'))).toBe(false);
    await resultOf(root, ['resume', name]);
    expectSame(join(root, name), expected);
  },
);

signalled.each(['SIGINT', 'SIGTERM'] as const)(
  '%s asks for a checkpoint at the step where the run stops, from which it goes on',
  async (signal) => {
    const command = startVaekit(root, [...GLYPHS, '--out', signal]);
    await command.said(/^step 60 /m);
    command.process.kill(signal);
    const { code, stdout, stderr } = await command.outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/stopping with a checkpoint; once more to stop at once\n/);
    const { steps, reason } = JSON.parse(stdout);
    expect(reason).toBe('aborted');
    expect(steps).toBeGreaterThanOrEqual(60);
    const run = join(root, signal);
    expect(readdirSync(join(run, 'checkpoints'))).toContain(`step-${steps}.safetensors`);
    expect(recordsOf(run).at(-1)).toMatchObject({ step: steps });
    expect(existsSync(join(run, '.lock'))).toBe(false);
    const { stderr: told } = await vaekit(root, ['resume', signal, '--json']);
    expect(told).toContain(`steps from step ${steps}`);
    expectSame(run, whole);
  },
);

signalled(
  'a second signal ends at once, and nothing but the steps since the last checkpoint is lost',
  async () => {
    const command = startVaekit(root, [...GLYPHS, '--out', 'twice']);
    await command.said(/^step 60 /m);
    command.process.kill('SIGINT');
    await command.said(/once more to stop at once/);
    command.process.kill('SIGINT');
    expect((await command.outcome).code).toBe(130);
    await resultOf(root, ['resume', 'twice']);
    expectSame(join(root, 'twice'), whole);
  },
);

signalled(
  'while one process writes to a run, others are refused in a sentence, and read all the same',
  async () => {
    const first = startVaekit(root, [...GLYPHS, '--out', 'shared']);
    await first.said(/^step 60 .*best$/m);
    first.process.kill('SIGSTOP');
    const [second, third, reader] = await Promise.all([
      vaekit(root, ['resume', 'shared']),
      vaekit(root, [...GLYPHS, '--out', 'shared']),
      vaekit(root, ['sample', 'shared', '-o', 'samples.npz']),
    ]);
    const run = join(root, 'shared');
    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: `vaekit: ${run} is being written by process ${first.process.pid}; wait for it or stop it\n`,
    });
    expect(third).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'vaekit: shared is not empty; choose another folder with --out, or continue the run there with vaekit resume shared\n',
    });
    expect(reader).toMatchObject({ code: 0, stdout: 'samples.npz\n' });
    first.process.kill('SIGCONT');
    expect((await first.outcome).code).toBe(0);
    expectSame(run, whole);
  },
);

test('resuming a finished run says so, prints what came out of it, and changes nothing', async () => {
  const before = filesOf(whole);
  const { code, stdout, stderr } = await vaekit(root, ['resume', 'whole', '--json']);
  expect(code).toBe(0);
  expect(stderr).toBe(`${whole} is finished; there is nothing to resume\n`);
  expect(JSON.parse(stdout)).toMatchObject({ run: whole, ...summaryOf(whole) });
  expect(filesOf(whole)).toEqual(before);
});

signalled(
  'a run that is stopped in each stage after its last step is finished by the next resume',
  async () => {
    const run = join(root, 'end');
    let words = [...GLYPHS, '--out', 'end'];
    for (const [said, signal] of [
      ['measuring on the test part', 'SIGKILL'],
      ['drawing pictures', 'SIGINT'],
      ['exporting', 'SIGKILL'],
      ['writing the report', 'SIGKILL'],
    ] as const) {
      const command = startVaekit(root, words);
      await command.said(new RegExp(`^${said}`, 'm'));
      command.process.kill(signal);
      const { code } = await command.outcome;
      words = ['resume', 'end', '--json'];
      // The report is written in no time: the signal may come too late for that.
      if (code !== 0) expect(code).toBe(signal === 'SIGINT' ? 130 : null);
      expect(existsSync(join(run, 'summary.json'))).toBe(code === 0);
    }
    await resultOf(root, words);
    expectSame(run, whole);
    for (const folder of ['pictures', 'model'])
      expect(filesOf(join(run, folder))).toEqual(filesOf(join(whole, folder)));
    // Each part of a run has events of its own; nothing else was left behind.
    const names = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith('events.'));
    expect(names(run)).toEqual(names(whole));
  },
);

/** On ONNX Runtime, also where another engine is faster. */
const SPRITES = [
  ['train', 'beta-vae', '--engine', 'onnx', '--json', '--data', 'sprites', '--architecture', 'mlp'],
  ['--hidden', '24', '--latent', '4', '--batch-size', '128', '--steps', '60'],
  ['--evaluate-every', '20', '--checkpoint-every', '10'],
].flat();

test('a β-VAE on sprites, computed by ONNX Runtime, killed in the middle and resumed, ends with the same weights', async () => {
  const undisturbedRun = await undisturbed(SPRITES, 'sprites');
  const command = startVaekit(root, [...SPRITES, '--out', 'killed sprites']);
  await command.said(/^step 20 /m);
  command.process.kill('SIGKILL');
  expect((await command.outcome).code).toBe(null);
  await resultOf(root, ['resume', 'killed sprites']);
  expectSame(join(root, 'killed sprites'), undisturbedRun);
});
