import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeArrays, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';
import { readArrays } from '../conformance/resultFiles.js';

const root = await temporaryFolder('fit-prior');
await makeArrays(join(root, 'digits.npz'));
const certain = await trainShort(root, ['ae', '--data', 'digits.npz', '--out', 'certain']);
const vague = await trainShort(root, ['vae', '--data', 'digits.npz', '--out', 'vague']);

const fitted = (...words: readonly string[]) => resultOf(root, ['fit-prior', ...words]);
const facts = JSON.parse(await fitted('certain', 'normal', '--json'));
const refusal = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr;
};

test('a prior is fitted, kept in the run, drawn from, and measured', async () => {
  const path = join(certain.run, 'priors', 'normal', 'prior.safetensors');
  expect(facts).toMatchObject({ prior: 'normal', path, options: { covariance: 'full', conditional: false } });
  expect(facts.facts.bic).toEqual(expect.any(Number));
  expect(await readdir(join(certain.run, 'priors'))).toContain('normal');
  await resultOf(root, ['sample', 'certain', '--prior', 'normal', '--count', '7', '-o', 'drawn.npz']);
  const { x, z } = await readArrays(join(root, 'drawn.npz'));
  expect([x.shape, z.shape]).toEqual([
    [7, 8, 8, 1],
    [7, 3],
  ]);
  const card = JSON.parse(await resultOf(root, ['evaluate', 'certain', '--prior', 'normal', '--json']));
  expect(card).toMatchObject({ prior: 'normal', part: 'test' });
  expect(card.metrics.map(({ name }: { name: string }) => name)).toEqual(['codeLogLikelihood', 'codeBits']);
  expect(await readdir(certain.run)).toContain('evaluation-normal.json');
});

test('the same seed fits the same prior, and one that is fitted again takes the place of the first', async () => {
  const words = ['vague', 'maf', '--steps', '3', '--layers', '1', '--hidden', '4'];
  const path = join(vague.run, 'priors', 'maf', 'prior.safetensors');
  const weights = async () => (await readFile(path)).subarray(-64);
  await fitted(...words);
  const first = await weights();
  await fitted(...words);
  expect(await weights()).toEqual(first);
  await fitted(...words, '--seed', '1');
  expect(await weights()).not.toEqual(first);
  expect(await readdir(join(vague.run, 'priors', 'maf'))).toEqual(['prior.safetensors']);
});

test('priors are compared in a figure, and samples with their nearest training samples', async () => {
  await fitted('vague', 'gmm', '--components', '2');
  await fitted('vague', 'normal', '--conditional');
  const compare = ['sample', 'vague', '--prior', 'own,gmm,normal', '--count', '4', '--json'];
  const { output } = JSON.parse(await resultOf(root, compare));
  expect(output).toBe(join(vague.run, 'pictures', 'samples-own-gmm-normal.png'));
  const near = await resultOf(root, ['sample', 'vague', '--nearest', '--count', '4', '-o', 'near.svg']);
  expect(near).toBe('near.svg\n');
  expect(await readFile(join(root, 'near.svg'), 'utf8')).toContain('nearest');
  expect(await refusal('sample', 'vague', '--prior', 'own,gmm', '-o', 'x.npz')).toContain(
    '--prior: several are compared in a figure; end its name with .png or .svg, or name one',
  );
});

test('a class is drawn from a prior of each class', async () => {
  await fitted('certain', 'gmm', '--components', '1', '--conditional');
  await resultOf(root, [
    'sample',
    'certain',
    '--prior',
    'gmm',
    '--label',
    '1',
    '--count',
    '3',
    '-o',
    'ones.npz',
  ]);
  const { label } = await readArrays(join(root, 'ones.npz'));
  expect(label.values).toEqual([1, 1, 1]);
});

test('what cannot be is one sentence', async () => {
  expect(await refusal('fit-prior', 'certain', 'nromal')).toBe(
    "vaekit: there is no prior 'nromal'; did you mean 'normal'? (vaekit priors lists them)\n",
  );
  expect(await refusal('fit-prior', 'certain')).toContain(
    'say which prior to fit, as in vaekit fit-prior last normal; priors are normal, gmm,',
  );
  expect(await refusal('fit-prior', 'normal', 'certain')).toContain(
    'name the run first: vaekit fit-prior certain normal …',
  );
  expect(await refusal('fit-prior', 'certain', 'gmm', '--components', '1000')).toContain('codes; take fewer');
  expect(await refusal('fit-prior', 'certain', 'normal', '--fit-on', 'draw')).toContain(
    '--fit-on: codes of ae are certain, so there is nothing to draw; leave it out',
  );
  expect(await refusal('sample', 'certain', '--prior', 'maf')).toContain(
    '; fit it with vaekit fit-prior certain maf',
  );
});

test('a prior of other weights, or a damaged one, is refused', async () => {
  const other = await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'other']);
  await fitted('other', 'normal');
  const path = join(other.run, 'priors', 'normal', 'prior.safetensors');
  const bytes = await readFile(join(certain.run, 'priors', 'normal', 'prior.safetensors'));
  await writeFile(path, bytes);
  expect(await refusal('sample', 'other', '--prior', 'normal')).toContain(
    'was fitted on the codes of other weights than the run has now; fit it again: vaekit fit-prior other normal',
  );
  bytes[bytes.length - 3] ^= 1;
  await writeFile(path, bytes);
  expect(await refusal('sample', 'other', '--prior', 'normal')).toContain('was changed or damaged');
});

test('the list of priors says what each is for', async () => {
  const { priors } = JSON.parse(await resultOf(root, ['priors', '--json']));
  expect(priors.map(({ name }: { name: string }) => name)).toContain('two-stage');
  expect(await resultOf(root, ['priors', 'maf'])).toContain('by gradient: the options of training apply');
  expect(await resultOf(root, ['priors', '--names'])).toContain('normal\ngmm\n');
});
