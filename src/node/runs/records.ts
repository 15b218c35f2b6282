/** The records of a run, read back from its `metrics.jsonl`. */
import type { EvaluationRecord, MetricsRecord } from '../../training/index.js';
import type { RunRecords } from '../../views/index.js';
import { readJsonLines } from '../jsonLines.js';
import type { RunFolder } from './runFolder.js';

type Line = ({ kind: 'metrics' } & MetricsRecord) | ({ kind: 'evaluation' } & EvaluationRecord);

export async function readRecords(folder: RunFolder): Promise<RunRecords> {
  const lines = (await readJsonLines(folder.file('metrics.jsonl'))).filter(isLine);
  return {
    metrics: lines.filter((line) => line.kind === 'metrics'),
    evaluations: lines.filter((line) => line.kind === 'evaluation'),
  };
}

/** Our own file, of a version that `config.json` has vouched for: the kind tells the rest. */
function isLine(value: unknown): value is Line {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'metrics' || value.kind === 'evaluation')
  );
}
