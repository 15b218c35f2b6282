import { copyFile, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  makeArrays,
  resultOf,
  SHORT,
  startVaekit,
  temporaryFolder,
  vaekit,
} from '../conformance/commandLine.js';
import type { Outcome } from '../conformance/processes.js';
import type { RunSummary } from '../node/index.js';

const root = await temporaryFolder('resume');
await makeArrays(join(root, 'digits.npz'));

// Long enough to be stopped on the way, and stopped as soon as there is a checkpoint.
const STEPS = '8000';
const words = ['train', 'vae', '--data', 'digits.npz', ...SHORT, '--steps', STEPS, '--patience', '0'];
const often = ['--evaluate-every', '500', '--checkpoint-every', '400'];

describe.skipIf(process.platform === 'win32')('a run that is stopped', () => {
  let stopped: Outcome;
  let summary: RunSummary;

  beforeAll(async () => {
    const running = startVaekit(root, [...words, ...often, '--json']);
    await running.said(/step 500 /);
    running.process.kill('SIGINT');
    stopped = await running.outcome;
    summary = JSON.parse(stopped.stdout);
  });

  test('ends with exit code 130 and tells how far it came, and how to go on', () => {
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopping with a checkpoint; once more to stop at once');
    expect(summary).toMatchObject({ run: join(root, 'runs', 'vae-digits-1'), reason: 'aborted' });
    expect(summary.steps).toBeGreaterThanOrEqual(500);
    expect(summary).not.toHaveProperty('test');
  });

  test('is used as it is by the other verbs, with its best weights', async () => {
    await resultOf(root, ['encode', 'last', '-o', 'codes.npz']);
  });

  test('is resumed where its data are now, to its last step, and then is finished', async () => {
    await rename(join(root, 'digits.npz'), join(root, 'moved.npz'));
    const missing = await vaekit(root, ['resume', 'last']);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('put them back, or name them with --data');
    const resumed = await vaekit(root, ['resume', 'vae-digits-1', '--data', 'moved.npz', '--json']);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`${STEPS} steps from step ${summary.steps}`);
    const result: RunSummary = JSON.parse(resumed.stdout);
    expect(resumed.stdout.trim().split('\n')).toHaveLength(1);
    expect(result).toMatchObject({
      reason: 'steps',
      steps: Number(STEPS),
      test: { loss: expect.any(Number) },
    });
    const checkpoints = await readdir(join(root, 'runs', 'vae-digits-1', 'checkpoints'));
    expect(checkpoints.sort()).toEqual(
      ['best', 'step-7600', 'step-8000'].map((name) => `${name}.safetensors`),
    );
    const again = await vaekit(root, ['resume', 'last', '--json']);
    expect(JSON.parse(again.stdout)).toEqual(result);
    expect(again.stderr).toContain('vae-digits-1 is finished; there is nothing to resume\n');
  });

  test('which lost only what is made after the last step gets it again', async () => {
    const run = join(root, 'runs', 'vae-digits-1');
    const summaryBefore = await readFile(join(run, 'summary.json'), 'utf8');
    await copyFile(join(run, 'model', 'encoder.onnx'), join(root, 'before.onnx'));
    for (const name of ['summary.json', 'report.html', 'model', join('pictures', 'samples.png')])
      await rm(join(run, name), { recursive: true });
    const text = await resultOf(root, ['resume', run, '--data', 'moved.npz']);
    expect(text).toMatch(/^8000 steps, .*\ntest loss /);
    expect(JSON.parse(await readFile(join(run, 'summary.json'), 'utf8'))).toEqual(JSON.parse(summaryBefore));
    expect(await readFile(join(run, 'model', 'encoder.onnx'))).toEqual(
      await readFile(join(root, 'before.onnx')),
    );
    expect(await readdir(join(run, 'pictures'))).toContain('samples.png');
  });
});
