/** The records of a run, read back from its `metrics.jsonl`. */
import { existsSync } from 'node:fs';
import type { EvaluationRecord, MetricsRecord } from '../../training/index.js';
import { readJsonLines } from '../jsonLines.js';
import type { RunFolder } from './runFolder.js';

export type RecordLine =
  | ({ readonly kind: 'metrics' } & MetricsRecord)
  | ({ readonly kind: 'evaluation' } & EvaluationRecord)
  /** What the user was told when `step` steps were done. */
  | { readonly kind: 'warning'; readonly step: number; readonly message: string };

export interface Records {
  readonly metrics: readonly MetricsRecord[];
  readonly evaluations: readonly EvaluationRecord[];
  readonly warnings: readonly string[];
}

/** There are none before a run's first event. */
export async function readRecords(folder: RunFolder): Promise<Records> {
  const path = folder.file('metrics.jsonl');
  const lines = existsSync(path) ? (await readJsonLines(path)).filter(isLine) : [];
  return {
    metrics: lines.filter((line) => line.kind === 'metrics'),
    evaluations: lines.filter((line) => line.kind === 'evaluation'),
    warnings: lines.flatMap((line) => (line.kind === 'warning' ? line.message : [])),
  };
}

/** Seconds that the steps of all records took together. */
export function trainingSeconds({ metrics }: Pick<Records, 'metrics'>, batchSize: number): number {
  return metrics.reduce((seconds, { step, samplesPerSecond }, i) => {
    const steps = step - (metrics[i - 1]?.step ?? 0);
    return seconds + (steps * batchSize) / samplesPerSecond;
  }, 0);
}

/** Our own file, of a version that `config.json` has vouched for: the kind tells the rest. */
export function isLine(value: unknown): value is RecordLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'metrics' || value.kind === 'evaluation' || value.kind === 'warning')
  );
}
