/** Reproductions can be run as their pages say, with two steps each, and what they recorded says how it was made. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { encodeNpy } from '../data/index.js';
import { RandomStream } from '../random/index.js';
import { makePictures, temporaryFolder } from './commandLine.js';
import { ROOT } from './installedPackage.js';
import { startProcess } from './processes.js';

const folder = join(ROOT, 'reproductions');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const root = await temporaryFolder('reproductions');
const mnist = await makeMnist(join(root, 'mnist'));
const chairs = await makeClouds(join(root, 'chairs'));
const clothing = await makePictures(join(root, 'clothing'));

/** Files that are called and laid out like MNIST's, with few pictures of noise. */
async function makeMnist(path: string): Promise<string> {
  await mkdir(path);
  for (const [part, count] of [
    ['train', 800],
    ['t10k', 40],
  ] as const) {
    const pixels = new RandomStream(0, part).uniform(new Float32Array(count * 28 * 28));
    const images = Uint8Array.from(pixels, (u) => Math.floor(256 * u));
    const labels = Uint8Array.from({ length: count }, (_, n) => n % 10);
    await writeFile(join(path, `${part}-images-idx3-ubyte`), idx([count, 28, 28], images));
    await writeFile(join(path, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
  return path;
}

/** Files of clouds of points, one each. */
async function makeClouds(path: string): Promise<string> {
  await mkdir(path);
  for (let cloud = 0; cloud < 40; cloud++) {
    const points = new RandomStream(cloud, 'cloud').normal(new Float32Array(300 * 3));
    await writeFile(join(path, `${String(cloud).padStart(2, '0')}.npy`), encodeNpy(points, [300, 3]));
  }
  return path;
}

/** Bytes with the header of an IDX file: 0, 0, 8 for bytes, the number of axes, and their lengths. */
function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const lengths = new DataView(new ArrayBuffer(4 * shape.length));
  shape.forEach((length, axis) => {
    lengths.setUint32(4 * axis, length);
  });
  return Buffer.concat([Uint8Array.of(0, 0, 8, shape.length), new Uint8Array(lengths.buffer), values]);
}

const record = z.object({
  recorded: z.iso.date(),
  machine: z.string().min(1),
  runs: z.array(z.object({}).loose()).min(1),
});
const readText = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

for (const name of names) {
  const isRecorded = existsSync(join(folder, name, 'results.json'));

  test(`${name} runs, and gives a record like the one that is kept`, async () => {
    const runs = join(root, name);
    mkdirSync(runs);
    const env = { RUNS: runs, MNIST: mnist, CHAIRS: chairs, CLOTHING: clothing, STEPS: '2' };
    const script = join(folder, name, 'run.sh');
    const { code, stdout, stderr } = await startProcess(runs, ['sh', script], env).outcome;
    expect(code, stderr).toBe(0);
    const made = record.parse(JSON.parse(stdout));
    if (!isRecorded) return;
    const kept = record.parse(JSON.parse(readText(name, 'results.json')));
    expect(Object.keys(made)).toEqual(Object.keys(kept));
    // What was kept may be of runs that were stopped before their end.
    expect(Object.keys(made.runs[0])).toEqual(expect.arrayContaining(Object.keys(kept.runs[0])));
  });

  test(`${name} has a page that says how to run it and whether it was, and that the index points to`, () => {
    expect(readText('README.md')).toContain(`(${name}/README.md)`);
    const page = readText(name, 'README.md');
    expect(page).toContain(`sh reproductions/${name}/run.sh`);
    expect(page.includes('Not run yet.')).toBe(!isRecorded);
  });

  test.runIf(isRecorded)(`the record of ${name} names no folder of the machine it was made on`, () => {
    expect(readText(name, 'results.json')).not.toMatch(/"(source|command)"|"\/|[A-Z]:\\\\/);
  });
}
