import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryPath } from './files.js';
import { lockFolder } from './folderLock.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-lock-'));
afterAll(() => rm(root, { recursive: true }));
const fresh = () => mkdtemp(join(root, 'run-'));

/** Another process that takes the lock, says so, and waits. */
async function holder(folder: string) {
  const program = `
    import { lockFolder } from ${JSON.stringify(new URL('./folderLock.js', import.meta.url).href)};
    await lockFolder(${JSON.stringify(folder)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a lock is held by one at a time and can be given back', async () => {
  const folder = await fresh();
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(
    `${folder} is being written by process ${process.pid}; wait for it or stop it`,
  );
  await lock.release();
  const next = await lockFolder(folder);
  await lock.release();
  await expect(lockFolder(folder)).rejects.toThrow('is being written');
  await next.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of a living process stands, and that of a killed one is taken over with what it left', async () => {
  const folder = await fresh();
  const child = await holder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(`is being written by process ${child.pid}`);
  writeFileSync(temporaryPath(folder), 'half a checkpoint');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await lockFolder(folder);
  expect(readdirSync(folder)).toEqual(['.lock']);
  await lock.release();
});

test('of many that find a stale lock at once, one gets it', async () => {
  for (let round = 0; round < 20; round++) {
    const folder = await fresh();
    const child = { pid: 2 ** 22 + 1, host: hostname(), id: 'dead' };
    writeFileSync(join(folder, '.lock'), JSON.stringify(child));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const got = attempts.filter(({ status }) => status === 'fulfilled');
    expect(got).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, '.lock'), 'utf8')).pid).toBe(process.pid);
    expect(readdirSync(folder)).toEqual(['.lock']);
  }
});

test.skipIf(process.platform !== 'linux')(
  'a process that got the number of a dead one does not hold its lock',
  async () => {
    const folder = await fresh();
    const { pid } = process;
    writeFileSync(
      join(folder, '.lock'),
      JSON.stringify({ pid, host: hostname(), born: 'long ago', id: 'dead' }),
    );
    await (await lockFolder(folder)).release();
  },
);

test('a lock that was cut short while it was written is taken over', async () => {
  const folder = await fresh();
  writeFileSync(join(folder, '.lock'), '{"pid":');
  await (await lockFolder(folder)).release();
});

test('a lock from another machine stands, and the way out is told', async () => {
  const folder = await fresh();
  writeFileSync(join(folder, '.lock'), JSON.stringify({ pid: 1, host: 'elsewhere', id: 'a' }));
  await expect(lockFolder(folder)).rejects.toThrow(
    `is being written by process 1 on elsewhere; wait for it or stop it, or remove ${join(folder, '.lock')} if it is gone`,
  );
});

test('a folder that does not exist cannot be locked', async () => {
  const folder = join(root, 'nowhere');
  await expect(lockFolder(folder)).rejects.toThrow(`the folder ${folder} does not exist; create it first`);
});
