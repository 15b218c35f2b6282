import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { makeArrays, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';

const root = await temporaryFolder('rollout');
await makeArrays(join(root, 'digits.npz'));
const small = ['--hidden', '8', '--latent', '2', '--belief', '4', '--gate', '4', '--steps', '2'];
const data = ['--frames', '8', '--image-size', '8'];
const moving = await trainShort(root, [
  'td-vae',
  '--data',
  'moving-sprites',
  ...data,
  ...small,
  '--out',
  'moving',
]);
const wave = await trainShort(root, [
  'td-vae',
  '--data',
  'oscillator',
  '--size',
  '80',
  '--frames',
  '20',
  ...small,
  '--out',
  'wave',
]);
const still = await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'still']);

const rollout = async (...words: readonly string[]) =>
  JSON.parse(await resultOf(root, ['rollout', ...words, '--json']));

test('a roll-out has an error for every step ahead that the data have, beside that of persistence', async () => {
  const result = await rollout(moving.run, '--from', '3');
  expect(result).toMatchObject({ from: 3, steps: 4, jump: 1 });
  expect(result.errors.map(({ ahead }: { ahead: number }) => ahead)).toEqual([1, 2, 3, 4]);
  const drawn = await readFile(resolve(root, result.output));
  expect([...drawn.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  // Frames of what moves are not what they were.
  for (const { persistence } of result.errors) expect(persistence).toBeGreaterThan(0);
});

test('of one number over time, frequency and amplitude are compared, too', async () => {
  const result = await rollout(wave.run, '--from', '5', '--jump', '3', '--limit', '4');
  expect(result.errors[0].ahead).toBe(3);
  expect(result.count).toBe(4);
  // What stays as it is has no frequency, so that persistence errs by the whole frequency, 0.1 to 0.5.
  expect(result.frequency.persistence).toBeGreaterThan(0.05);
  expect(result.frequency.persistence).toBeLessThan(0.6);
});

test('pictures are animated, and numbers are not', async () => {
  const { output } = await rollout(moving.run, '-o', 'moving.apng', '--count', '2');
  expect((await readFile(join(root, output))).includes('acTL')).toBe(true);
  const { code, stderr } = await vaekit(root, ['rollout', wave.run, '-o', 'wave.apng']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('numbers over time are not animated')]);
});

test.each([
  [still.run, [], 'ae knows no times, so there is nothing to roll out; train a td-vae on sequences'],
  [moving.run, ['--from', '8'], 'is 8, and sequences of 8 frames have the times 0 to 7'],
  [moving.run, ['--count', '2', '--index', '1'], '--count has no effect beside --index; leave it out'],
  [moving.run, ['--jump', '9'], 'is 9, and the model knows jumps of 1 to 4'],
])('%s %j is refused in words', async (run, words, message) => {
  const { code, stderr } = await vaekit(root, ['rollout', run, ...words]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
