/** The curves of a run out of its records. */
import { type Figure, lossCurves, type Series } from '../pictures/index.js';
import type { EvaluationRecord, MetricsRecord } from '../training/index.js';

export interface RunRecords {
  readonly metrics: readonly MetricsRecord[];
  readonly evaluations: readonly EvaluationRecord[];
}

type AnyRecord = Pick<MetricsRecord | EvaluationRecord, 'step' | 'objective' | 'terms'>;

/** Every term in training and validation, with the weight that it ended with. */
export function curvesView(records: RunRecords): Figure | undefined {
  const { metrics } = records;
  const last = metrics.at(-1);
  if (!last) return undefined;
  // Stages may have terms of their own.
  const names = [...new Set(metrics.flatMap((record) => Object.keys(record.terms)))];
  const terms = names.map((name) => {
    const ended = metrics.findLast((record) => name in record.weights)?.weights[name];
    const weight = ended === 1 ? 'nats per sample' : `nats per sample, weight ${ended}`;
    return { name, note: weight, series: series(records, ({ terms }) => terms[name]) };
  });
  const objective = { name: 'objective', note: 'weighted sum', series: objectiveSeries(records) };
  return lossCurves({ terms: names.length > 1 ? [objective, ...terms] : terms, title: 'Training' });
}

/** The weighted sum of all terms in training and validation. */
export function objectiveSeries(records: RunRecords): Series[] {
  return series(records, ({ objective }) => objective);
}

function series({ metrics, evaluations }: RunRecords, of: (record: AnyRecord) => number): Series[] {
  const line = (label: string, records: readonly AnyRecord[]): Series => ({
    label,
    x: records.map(({ step }) => step),
    y: records.map((record) => of(record) ?? Number.NaN),
  });
  return [line('training', metrics), line('validation', evaluations)];
}
