/** `summary.json`: what came out of a run, written when all else is. */
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { DataError } from '../../data/index.js';
import { readJson, storageError, writeJsonWhole } from '../files.js';
import { findRun } from './find.js';
import { RunFolder } from './runFolder.js';

const SUMMARY = 'summary.json';

const runSummary = z.object({
  /** The run's folder. */
  run: z.string(),
  system: z.string(),
  data: z.string(),
  /** As `--engine` names it. */
  engine: z.string(),
  /** What runs the engine, such as `onnxruntime-node`. */
  runtime: z.string(),
  epochs: z.number(),
  steps: z.number(),
  /** Why training stopped; `aborted` also where only what comes after the last step is left to do. */
  reason: z.enum(['steps', 'patience', 'aborted']),
  /** Seconds of training over all sessions, evaluations not counted. */
  seconds: z.number(),
  samplesPerSecond: z.number(),
  /** Weights that are trained. */
  parameters: z.number(),
  /** Where the validation objective was lowest; null if none has counted yet. */
  best: z.object({ step: z.number(), objective: z.number() }).nullable(),
  /** Whether phases play against each other, so that no step can be told to be the best. */
  isGame: z.boolean().default(false),
  /** The best weights on the test part: `loss`, `objective`, and each term, in nats per sample. */
  test: z.record(z.string(), z.number()).optional(),
  warnings: z.array(z.string()),
});

/** What is reported of a run: the object that `vaekit train --json` prints. */
export type RunSummary = z.output<typeof runSummary>;

/** @throws StorageError if it cannot be written */
export function writeSummary(folder: RunFolder, summary: RunSummary): Promise<void> {
  return writeJsonWhole(folder.file(SUMMARY), summary);
}

/**
 * What came out of a run, if it is finished.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws DataError if it is no run
 */
export async function finishedSummary(run: string): Promise<RunSummary | undefined> {
  const folder = await RunFolder.open(await findRun(run));
  const names = await readdir(folder.path).catch((error: unknown) => {
    throw storageError('read', folder.path, error);
  });
  if (!names.includes(SUMMARY)) return undefined;
  const summary = runSummary.safeParse(await readJson(folder.file(SUMMARY)));
  // It may have been moved since.
  if (summary.success) return { ...summary.data, run: folder.path };
  throw new DataError(
    `${folder.file(SUMMARY)} is not what vaekit wrote; remove it, and vaekit resume writes it again`,
  );
}
