import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DataError } from '../data/index.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../training/safetensors.js';
import { readCheckpoint, writeCheckpoint } from './checkpointFile.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-checkpoint-'));
afterAll(() => rm(folder, { recursive: true }));

const tensors = new Map<string, StoredTensor>([
  ['encoder.weight', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) }],
  ['step', { dtype: 'int32', shape: [], data: Int32Array.of(300) }],
]);
const metadata = { step: '300', 'a"sha256': 'x', note: '"sha256":"' };

test('a checkpoint comes back as it was', async () => {
  const path = join(folder, 'step-300.safetensors');
  await writeCheckpoint(path, tensors, metadata);
  expect(await readCheckpoint(path)).toEqual({ tensors, metadata });
  expect(decodeSafetensors(readFileSync(path)).metadata.sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('every changed byte is noticed', async () => {
  const path = join(folder, 'changed.safetensors');
  await writeCheckpoint(path, tensors, metadata);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    writeFileSync(path, changed);
    const failure = readCheckpoint(path);
    await expect(failure).rejects.toThrow(DataError);
    await expect(failure).rejects.toThrow(`checkpoint ${path} was changed or damaged: `);
  }
});

test('a checkpoint cut short, and one without a checksum, are refused', async () => {
  const path = join(folder, 'short.safetensors');
  await writeCheckpoint(path, tensors, metadata);
  writeFileSync(path, readFileSync(path).subarray(0, -1));
  await expect(readCheckpoint(path)).rejects.toThrow('was changed or damaged: safetensors: tensor');
  writeFileSync(path, encodeSafetensors(tensors, metadata));
  await expect(readCheckpoint(path)).rejects.toThrow('it carries no checksum of vaekit');
});

test('the message says what to do', async () => {
  const path = join(folder, 'message.safetensors');
  await writeCheckpoint(path, tensors, {});
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 0x80;
  writeFileSync(path, bytes);
  await expect(readCheckpoint(path, 'remove it')).rejects.toThrow(
    /its checksum is [0-9a-f]{12}…, not [0-9a-f]{12}…; remove it$/,
  );
});

test('a checkpoint that is not there is an error of the disk, not of its contents', async () => {
  const path = join(folder, 'missing.safetensors');
  await expect(readCheckpoint(path)).rejects.toThrow(`cannot read ${path}: there is no such file`);
});
