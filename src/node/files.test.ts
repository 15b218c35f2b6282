import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  appendSync,
  readBytes,
  readJson,
  removeTemporaryFiles,
  StorageError,
  storageError,
  temporaryPath,
  writeFileWhole,
  writeJsonWhole,
} from './files.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-files-'));
afterAll(() => rm(folder, { recursive: true }));

const systemError = (code: string) => Object.assign(new Error(code), { code });

test('a written file holds what was written, and nothing else is left in the folder', async () => {
  const place = await mkdtemp(join(folder, 'clean-'));
  const path = join(place, 'weights.bin');
  await writeFileWhole(path, Uint8Array.of(1, 2, 3));
  await writeFileWhole(path, Uint8Array.of(4, 5));
  expect(await readBytes(path)).toEqual(Uint8Array.of(4, 5));
  expect(await readdir(place)).toEqual(['weights.bin']);
});

test('a relative path means the current folder', async () => {
  const path = `vaekit-relative-${process.pid}.txt`;
  await writeFileWhole(path, 'here');
  expect(await readFile(path, 'utf8')).toBe('here');
  await rm(path);
});

test('JSON comes back as it was and ends with a newline', async () => {
  const path = join(folder, 'config.json');
  await writeJsonWhole(path, { seed: 3, name: 'β' });
  expect(await readJson(path)).toEqual({ seed: 3, name: 'β' });
  expect((await readFile(path, 'utf8')).at(-1)).toBe('\n');
});

test('a file that is not JSON is named', async () => {
  const path = join(folder, 'broken.json');
  await writeFile(path, '{"seed":');
  await expect(readJson(path)).rejects.toThrow(`${path} is not JSON (`);
});

test('a missing folder, a missing file and a folder in the place of a file are told apart', async () => {
  const missing = join(folder, 'nowhere', 'a.json');
  await expect(writeFileWhole(missing, '')).rejects.toThrow(
    `cannot write ${missing}: the folder ${join(folder, 'nowhere')} does not exist; create it first`,
  );
  await expect(readBytes(missing)).rejects.toThrow(
    `cannot read ${missing}: there is no such file; check the path`,
  );
  await expect(readBytes(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder, not a file`);
  const below = join(folder, 'file', 'a.json');
  await writeFile(join(folder, 'file'), '');
  await expect(writeFileWhole(below, '')).rejects.toThrow('a part of its path is a file, not a folder');
});

test('a failed write leaves the folder as it was', async () => {
  const place = await mkdtemp(join(folder, 'failed-'));
  await mkdir(join(place, 'taken'));
  const failure = writeFileWhole(join(place, 'taken'), 'x');
  await expect(failure).rejects.toThrow(StorageError);
  expect(await readdir(place)).toEqual(['taken']);
});

test.each([
  ['ENOSPC', 'cannot write run/a: the disk is full; free some space or choose a folder on another disk'],
  ['EROFS', 'cannot write run/a: the disk is read-only; choose a place that can be written to'],
  ['EACCES', 'cannot write run/a: permission was denied; change the permissions or choose a place'],
  ['EXYZ', 'cannot write run/a: the system reports EXYZ; check the disk or choose another place'],
])('%s becomes a sentence that names the file and the way out', (code, message) => {
  const cause = systemError(code);
  const error = storageError('write', 'run/a', cause);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ path: 'run/a', code, cause, message: expect.stringContaining(message) });
});

test('errors that are not of the file system stay what they are', () => {
  const bug = new TypeError('x is undefined');
  expect(storageError('write', 'a', bug)).toBe(bug);
  const told = new StorageError('b', 'EBUSY', 'told already');
  expect(storageError('write', 'a', told)).toBe(told);
});

test('appending puts all bytes at the end', () => {
  const path = join(folder, 'grows');
  const fd = openSync(path, 'w');
  appendSync(fd, Uint8Array.of(1, 2), 0);
  appendSync(fd, Uint8Array.of(3), 2);
  closeSync(fd);
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is told as one when appending', () => {
  const fd = openSync('/dev/full', 'r+');
  expect(() => appendSync(fd, Uint8Array.of(1), 0)).toThrow(/ENOSPC/);
  closeSync(fd);
});

test('temporary files of a killed process are removed, and no others', async () => {
  const place = await mkdtemp(join(folder, 'left-'));
  await mkdir(join(place, 'checkpoints'));
  await writeFile(temporaryPath(place), 'half');
  await writeFile(temporaryPath(join(place, 'checkpoints')), 'half');
  await writeFile(join(place, 'checkpoints', '.vaekit-notes.txt'), 'mine');
  await writeFile(join(place, 'notes.tmp'), 'mine');
  await removeTemporaryFiles(place);
  expect((await readdir(place, { recursive: true })).sort()).toEqual([
    'checkpoints',
    join('checkpoints', '.vaekit-notes.txt'),
    'notes.tmp',
  ]);
});

test('whenever a writer is killed, the file is whole: the old one or the new one', async () => {
  const path = join(folder, 'survives.bin');
  const size = 4_000_000;
  const writer = `
    import { writeFileWhole } from ${JSON.stringify(new URL('./files.js', import.meta.url).href)};
    for (let i = 0; ; i++) {
      await writeFileWhole(${JSON.stringify(path)}, new Uint8Array(${size}).fill(i));
      if (i < 2) console.log(i);
    }`;
  for (let kill = 0; kill < 5; kill++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await new Promise((wake) => setTimeout(wake, kill * 7));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const bytes = readFileSync(path);
    expect(statSync(path).size).toBe(size);
    expect(bytes.every((value) => value === bytes[0])).toBe(true);
  }
});
