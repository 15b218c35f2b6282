import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DataError, encodeNpz } from '../../data/index.js';
import { openDataset } from './open.js';
import { openDatasetInWorker } from './worker.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-worker-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const file = join(root, 'a.npz');
const values = Uint8Array.from({ length: 4000 }, (_, i) => (i * 37) % 256);
await writeFile(
  file,
  encodeNpz({
    x: { values, shape: [1000, 2, 2] },
    y: { values: values.map((_, i) => i % 3).slice(0, 1000), shape: [1000] },
  }),
);

test('a data set behind a worker is the same data set', async () => {
  const [near, far] = [await openDataset(file), await openDatasetInWorker(file)];
  const { read: _, close: __, idOf, ...facts } = near;
  expect(far).toMatchObject(facts);
  expect(far.idOf(7)).toBe(idOf(7));
  expect(await far.read([999, 0, 500])).toEqual(await near.read([999, 0, 500]));
  await far.close();
});

test('requests are answered, each with its own samples, and closing waits for them', async () => {
  const data = await openDatasetInWorker(file);
  const all = Array.from({ length: 200 }, (_, i) => data.read([i]));
  const closed = data.close();
  for (const [i, samples] of (await Promise.all(all)).entries()) {
    expect(samples.x).toEqual(values.subarray(4 * i, 4 * i + 4));
  }
  await closed;
  await expect(data.read([0])).rejects.toThrow('the data set was closed');
  await data.close();
});

test('ids and factors are known on this side', async () => {
  const table = join(root, 't.csv');
  await writeFile(table, 'name,a\nann,1\nbob,2\ncid,4\n');
  const data = await openDatasetInWorker(table);
  expect([0, 1, 2].map((index) => data.idOf(index))).toEqual(['ann', 'bob', 'cid']);
  await data.close();
  const sprites = await openDatasetInWorker('sprites');
  expect(sprites.factorsOf?.(737_279)).toEqual([0, 2, 5, 39, 31, 31]);
  expect((await sprites.read([5])).x.length).toBe(4096);
  await sprites.close();
});

test('errors arrive as they are thrown over there, and the data set goes on', async () => {
  const missing = join(root, 'nothing');
  await expect(openDatasetInWorker(missing)).rejects.toThrow(
    new DataError(`there is no file or folder ${missing}; check the path`),
  );
  const data = await openDatasetInWorker(file);
  const failure = data.read([1000]);
  await expect(failure).rejects.toThrow('a: there is no sample 1000; its samples are 0 to 999');
  await expect(failure).rejects.toBeInstanceOf(DataError);
  expect((await data.read([0])).x.length).toBe(4);
  await data.close();
});

/** The exit code of a process that runs this code with `data` open behind a worker. */
function exitCodeOf(code: string): Promise<number | null> {
  const url = new URL('./worker.js', import.meta.url).href;
  const program = `import { openDatasetInWorker } from '${url}';
    const data = await openDatasetInWorker('sprites');
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  return new Promise((resolve) => child.on('exit', resolve));
}

test.each([
  ['ends by itself, with the data set closed', 'await data.read([1]); await data.close();', 0],
  ['ends by itself, with the data set left open', 'await data.read([1]);', 0],
  [
    'exits while requests are on their way',
    'for (let i = 0; i < 50; i++) data.read([i]); process.exit(3);',
    3,
  ],
  ['fails', "data.read([1]); throw new Error('boom');", 1],
])('a process with a worker that %s does end', async (_, code, exitCode) => {
  expect(await exitCodeOf(code)).toBe(exitCode);
});
