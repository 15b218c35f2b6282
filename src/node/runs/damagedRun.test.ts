/** Runs whose files were changed, or whose data were: what is said, and that following it helps. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  makePictures,
  makeTable,
  resultOf,
  SHORT,
  temporaryFolder,
  vaekit,
} from '../../conformance/commandLine.js';
import { filesOf, lastCheckpoints, recordsOf } from '../../conformance/runFiles.js';

const root = await temporaryFolder('damage');
await makeTable(join(root, 'table.csv'));
await makePictures(join(root, 'pictures'));
const TRAIN = ['--data', 'table.csv', ...SHORT, '--checkpoint-every', '5', '--evaluate-every', '5'];
await resultOf(root, ['train', 'vae', ...TRAIN, '--average-weights', '0.5', '--out', 'good']);
const good = join(root, 'good');

/** A copy of the run, as it was before its end. */
function unfinished(): string {
  const run = join(root, 'run');
  rmSync(run, { recursive: true, force: true });
  cpSync(good, run, { recursive: true });
  rmSync(join(run, 'summary.json'));
  return run;
}

const best = 'checkpoints/best.safetensors';
const checkpoint = (step: number) => `checkpoints/step-${step}.safetensors`;

/** Changes one bit near the end of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 9] ^= 1;
  writeFileSync(path, bytes);
}

function replace(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
}

/** A command on the run is refused in one sentence, and the run is as it was. */
async function expectRefusal(words: readonly string[], sentence: string | RegExp): Promise<void> {
  const before = filesOf(root);
  const { code, stdout, stderr } = await vaekit(root, words);
  const [line, ...more] = stderr.replace(/^vaekit: /, '').split('\n');
  if (typeof sentence === 'string') expect(line).toBe(sentence);
  else expect(line).toMatch(sentence);
  expect({ code, stdout, more }).toEqual({ code: 2, stdout: '', more: [''] });
  expect(filesOf(root)).toEqual(before);
}

const changed = (path: string, remedy: string) =>
  new RegExp(`^checkpoint ${path} was changed or damaged: its checksum is .{13}, not .{13}; ${remedy}$`);

test('a changed checkpoint is named, and the one before it leads to the same end', async () => {
  const run = unfinished();
  const last = join(run, checkpoint(20));
  flip(last);
  await expectRefusal(['resume', 'run'], changed(last, 'remove it to go on from the one of step 15'));
  rmSync(last);
  await resultOf(root, ['resume', 'run']);
  expect(lastCheckpoints(run)).toEqual(lastCheckpoints(good));
  expect(recordsOf(run)).toEqual(recordsOf(good));
});

test('where every checkpoint was changed, the run can start anew, to the same end', async () => {
  const run = unfinished();
  rmSync(join(run, checkpoint(20)));
  const left = join(run, checkpoint(15));
  flip(left);
  await expectRefusal(['resume', 'run'], changed(left, 'remove it to start anew'));
  rmSync(left);
  await resultOf(root, ['resume', 'run']);
  expect(lastCheckpoints(run)).toEqual(lastCheckpoints(good));
});

test('changed best weights are named: tools can do with the last ones, and training can start anew', async () => {
  const run = unfinished();
  const path = join(run, best);
  flip(path);
  const tools = 'restore it from a copy, or remove it to use the weights of step 20';
  await expectRefusal(['sample', 'run', '-o', 'x.npz'], changed(path, tools));
  const anew = `restore it from a copy, or remove ${join(run, 'checkpoints')} to start anew`;
  await expectRefusal(['resume', 'run'], changed(path, anew));
  rmSync(path);
  await resultOf(root, ['sample', 'run', '-o', 'x.npz']);
  await expectRefusal(
    ['resume', 'run'],
    /^.*run lacks checkpoints\/best\.safetensors, the weights of step \d+; restore it from a copy, or remove .*checkpoints to start anew$/,
  );
  rmSync(join(run, 'checkpoints'), { recursive: true });
  await expectRefusal(
    ['sample', 'run', '-o', 'x.npz'],
    `${run} holds no weights yet; train it first: vaekit resume ${run}`,
  );
  await resultOf(root, ['resume', 'run']);
  expect(lastCheckpoints(run)).toEqual(lastCheckpoints(good));
});

const config = 'config.json';

test.each<[what: string, damage: (run: string) => void, sentence: (run: string) => string | RegExp]>([
  [
    'no configuration',
    (run) => rmSync(join(run, config)),
    () => 'run is not a run: it has no config.json; name a folder that vaekit train has made',
  ],
  [
    'a configuration cut short',
    (run) => writeFileSync(join(run, config), '{\n'),
    () => /^run\/config\.json is not JSON \(.*\); it was changed or damaged, so restore or remove it$/,
  ],
  [
    'a configuration of something else',
    (run) => writeFileSync(join(run, config), '{}'),
    () =>
      'run/config.json is not the configuration of a vaekit run; name a folder that vaekit train has made',
  ],
  [
    'a configuration of a later format',
    (run) => replace(join(run, config), '"format": 1', '"format": 7'),
    () => 'run/config.json has format 7, and this vaekit reads up to 1; update vaekit',
  ],
  [
    'a configuration without a part',
    (run) => replace(join(run, config), /"fingerprint": ".*",/, ''),
    () => /^run\/config\.json is damaged at data\.fingerprint: .*; restore it from a copy$/,
  ],
  [
    'an option that cannot be',
    (run) => replace(join(run, config), '"latent": 3', '"latent": "x"'),
    (run) =>
      `${join(run, config)} is damaged at options.latent: must be a number, not 'x'; restore it from a copy`,
  ],
  [
    'an option that does not fit the weights',
    (run) => replace(join(run, config), '"latent": 3', '"latent": 4'),
    (run) =>
      `config.json and the checkpoints of ${run} do not belong together: 'mean.weight' has 48 values, and its model takes 64; restore both from a copy`,
  ],
  [
    'a layer that the weights lack',
    (run) => replace(join(run, config), /"hidden": \[\s*16\s*\]/, '"hidden": [16, 16]'),
    (run) =>
      `config.json and the checkpoints of ${run} do not belong together: 'encoder.3.weight' has 0 values, and its model takes 256; restore both from a copy`,
  ],
  [
    'a system that there is not',
    (run) => replace(join(run, config), '"system": "vae"', '"system": "waae"'),
    (run) =>
      `${join(run, config)} names the system 'waae', which this vaekit does not have; restore it from a copy, or update vaekit`,
  ],
])('a run with %s is refused', async (_, damage, sentence) => {
  const run = unfinished();
  damage(run);
  await expectRefusal(['sample', 'run', '-o', 'x.npz'], sentence(run));
  await expectRefusal(['resume', 'run'], sentence(run));
});

test('records that were changed are named by file and line', async () => {
  const run = unfinished();
  const path = join(run, 'metrics.jsonl');
  replace(path, /\n.*\n/, '\nnonsense\n');
  const before = filesOf(run);
  const { code, stdout, stderr } = await vaekit(root, ['resume', 'run']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.split('\n').at(-2)).toBe(`vaekit: ${path}, line 2: not JSON; mend or remove that line`);
  expect(filesOf(run)).toEqual(before);
});

test('what is no run is refused', async () => {
  await expectRefusal(
    ['resume', 'pictures'],
    'pictures is not a run: it has no config.json; name a folder that vaekit train has made',
  );
  await expectRefusal(
    ['encode', 'nowhere', '-o', 'x.npz'],
    "there is no run 'nowhere', neither as a folder nor in runs/; vaekit train makes one",
  );
});

test('data that changed since the run began are refused', async () => {
  const run = unfinished();
  const table = join(root, 'table.csv');
  const before = readFileSync(table, 'utf8');
  replace(table, /row-60,1../, 'row-60,199');
  const sentence = (difference: string) =>
    `the data of ${run} are not what they were when the run started (${difference}); restore them, or train a new run`;
  await expectRefusal(['resume', 'run'], sentence('some samples are others'));
  await expectRefusal(['encode', 'run', '-o', 'x.npz'], sentence('some samples are others'));
  writeFileSync(table, before.replace(/row-60,.*\n/, ''));
  await expectRefusal(['resume', 'run'], sentence('120 samples then, 119 now'));
  writeFileSync(table, before);
});

test('a run whose data are gone can still be used, and says what cannot be done without them', async () => {
  const run = unfinished();
  const [table, elsewhere] = [join(root, 'table.csv'), join(root, 'moved.csv')];
  renameSync(table, elsewhere);
  for (const words of [
    ['sample', 'run', '-o', 'x.npz'],
    ['sample', 'run', '-o', 'x.png'],
    ['export', 'run'],
    ['encode', 'run', '--data', 'moved.csv', '-o', 'x.npz'],
  ])
    await resultOf(root, words);
  const sentence = `the data of ${run} cannot be read (there is no file or folder ${table}; check the path); put them back, or name them with --data`;
  await expectRefusal(['encode', 'run', '-o', 'x.npz'], sentence);
  await expectRefusal(['resume', 'run'], sentence);
  await resultOf(root, ['resume', 'run', '--data', 'moved.csv']);
  expect(existsSync(join(run, 'summary.json'))).toBe(true);
  renameSync(elsewhere, table);
});

test('a run is not used on data of another kind', async () => {
  const { code, stdout, stderr } = await vaekit(root, [
    'encode',
    'good',
    '--data',
    'pictures',
    '-o',
    'y.npz',
  ]);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: `vaekit: pictures holds pictures of 12×12×3, uint8, and ${good} takes rows of 4 columns; give it data of that kind\n`,
  });
  expect(readdirSync(root)).not.toContain('y.npz');
});

test('what a system cannot do is refused', async () => {
  await resultOf(root, ['train', 'ae', ...TRAIN, '--out', 'certain']);
  await expectRefusal(
    ['sample', 'certain'],
    'ae has no prior over its codes, so there is nothing to draw from; train a vae, or fit one: vaekit fit-prior certain normal',
  );
  await expectRefusal(
    ['sample', 'good', '--label', '3'],
    '--label: vae is not conditioned on classes; leave it out, train a cvae, or fit a prior with --conditional',
  );
  await resultOf(root, ['train', 'cvae', '--data', 'pictures', ...SHORT, '--out', 'conditioned']);
  await expectRefusal(
    ['sample', 'conditioned', '--label', 'green'],
    '--label green: the classes are blue, orange',
  );
});
