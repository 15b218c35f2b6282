/** The curves of a run out of its records. */
import { type Figure, type LossTerm, lossCurves } from '../pictures/index.js';
import type { EvaluationRecord, MetricsRecord } from '../training/index.js';

export interface RunRecords {
  readonly metrics: readonly MetricsRecord[];
  readonly evaluations: readonly EvaluationRecord[];
}

/** Every term in training and validation, with the weight that it ended with. */
export function curvesView({ metrics, evaluations }: RunRecords): Figure | undefined {
  const last = metrics.at(-1);
  if (!last) return undefined;
  const steps = metrics.map(({ step }) => step);
  const term = (
    name: string,
    note: string,
    training: (record: MetricsRecord) => number,
    validation: (record: EvaluationRecord) => number,
  ): LossTerm => ({
    name,
    note,
    series: [
      { label: 'training', x: steps, y: metrics.map((record) => training(record) ?? Number.NaN) },
      {
        label: 'validation',
        x: evaluations.map(({ step }) => step),
        y: evaluations.map((record) => validation(record) ?? Number.NaN),
      },
    ],
  });
  // Stages may have terms of their own.
  const names = [...new Set(metrics.flatMap((record) => Object.keys(record.terms)))];
  const terms = names.map((name) => {
    const ended = metrics.findLast((record) => name in record.weights)?.weights[name];
    const weight = ended === 1 ? 'nats per sample' : `nats per sample, weight ${ended}`;
    return term(
      name,
      weight,
      (record) => record.terms[name],
      (record) => record.terms[name],
    );
  });
  const objective = term(
    'objective',
    'weighted sum',
    (record) => record.objective,
    (record) => record.objective,
  );
  return lossCurves({ terms: names.length > 1 ? [objective, ...terms] : terms, title: 'Training' });
}
