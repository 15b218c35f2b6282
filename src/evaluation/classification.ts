/**
 * How often a model that says classes is wrong, on the samples whose class is known. Clusters get the class of one
 * labelled sample each, the one that is most surely in it: Makhzani et al. 2015, §6 (arXiv:1511.05644).
 */
import { UNKNOWN } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { logSoftmax, type Tensor } from '../tensor/index.js';
import { type Metric, meanOver, missing } from './metric.js';
import { mapSource, type SampleSource, type SourceOptions } from './sources.js';

/**
 * @param training samples of which clusters get their classes
 * @returns nothing for a model that says no classes
 */
export async function classificationMetrics(
  runner: ModelRunner,
  source: SampleSource,
  training: SampleSource,
  options: SourceOptions = {},
): Promise<Metric[]> {
  const { classifier } = runner.build();
  if (!classifier) return [];
  const isExact = classifier.of === 'classes';
  const about = {
    name: isExact ? 'classificationError' : 'clusterError',
    unit: '',
    estimator: isExact
      ? 'share of labelled samples whose likeliest class is another than theirs'
      : 'the same, each cluster having the class of the labelled training sample that is most surely in it',
  } as const;
  const said = await guesses(runner, source, options);
  if (said.label.every((label) => label === UNKNOWN))
    return [missing(source.size, about, 'the class of no sample is known')];
  const { signal, seed } = options;
  const classOf = isExact
    ? (guess: number) => guess
    : representatives(await guesses(runner, training, { signal, seed }));
  const wrong: number[] = [];
  said.guess.forEach((guess, i) => {
    if (said.label[i] !== UNKNOWN) wrong.push(classOf(guess) === said.label[i] ? 0 : 1);
  });
  return [meanOver(wrong, about)];
}

interface Guesses {
  /** Likeliest class or cluster of each sample. */
  readonly guess: Float32Array;
  /** UNKNOWN where it is not known. */
  readonly label: Float32Array;
  /** log p(y|x) of all of them, [count, n]. */
  readonly logProbs: Float32Array;
}

async function guesses(runner: ModelRunner, source: SampleSource, options: SourceOptions): Promise<Guesses> {
  const { guess, label, logProbs } = await mapSource(
    runner,
    'classes',
    source,
    options,
    (batch, { model }) => {
      if (!model.classifier) throw new Error('classes: the model says none');
      const logits = model.classifier.logits(batch);
      const rows: Record<string, Tensor> = { guess: logits.argMax(), logProbs: logSoftmax(logits) };
      if (batch.labels) rows.label = batch.labels;
      return rows;
    },
  );
  return { guess, logProbs, label: label ?? new Float32Array(guess.length).fill(UNKNOWN) };
}

/** The class of a cluster: that of the labelled sample for which its probability is largest. */
function representatives({ label, logProbs }: Guesses): (cluster: number) => number {
  const clusters = logProbs.length / label.length;
  const best = Array.from({ length: clusters }, () => ({
    logProb: Number.NEGATIVE_INFINITY,
    label: UNKNOWN,
  }));
  label.forEach((own, i) => {
    if (own === UNKNOWN) return;
    best.forEach((found, cluster) => {
      const logProb = logProbs[i * clusters + cluster];
      if (logProb > found.logProb) best[cluster] = { logProb, label: own };
    });
  });
  return (cluster) => best[cluster].label;
}
