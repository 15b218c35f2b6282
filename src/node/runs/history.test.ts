import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ae } from '../../systems/index.js';
import type { TrainingEvent } from '../../training/index.js';
import { resume, train } from './start.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-history-'));
afterAll(() => rm(root, { recursive: true }));

test('a run gives its records at any time, those of before a resume included', async () => {
  const out = join(root, 'run');
  const stop = new AbortController();
  const training = { steps: 20, batchSize: 16, evaluateEvery: 5, patience: 0 };
  const options = { hidden: [4], latent: 1 };
  const first = await train({ system: ae, data: 'two-moons', options, training, out, signal: stop.signal });
  expect(await first.history()).toEqual({ metrics: [], evaluations: [], warnings: [] });
  for await (const event of first)
    if (event.kind === 'checkpoint' && event.progress.step === 10) stop.abort();
  const { metrics, evaluations } = await first.history();
  expect([metrics.length, evaluations.length]).toEqual([10, 2]);
  await first.close();

  const second = await resume(out);
  const told: TrainingEvent[] = [];
  for await (const event of second)
    if (event.kind === 'metrics' || event.kind === 'evaluation') told.push(event);
  const history = await second.history();
  await second.close();
  expect(history.metrics.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(history.evaluations.map(({ step }) => step)).toEqual([5, 10, 15, 20]);
  expect(history.metrics).toEqual([...metrics, ...told.filter(({ kind }) => kind === 'metrics')]);
  expect(history.evaluations).toEqual([...evaluations, ...told.filter(({ kind }) => kind === 'evaluation')]);
});
