/**
 * Multinomial logistic regression of classes on features,
 *
 *   minimise  − Σ_n w_n log softmax(W x_n + b)_{y_n} / Σ_n w_n + λ/2 ‖W‖²
 *
 * which is convex, so that there is one answer. Features are standard scores, by the moments of what is fitted on.
 */
import { type ColumnMoments, columnMoments } from '../data/index.js';
import type { Engine, Executable } from '../engine/index.js';
import { grad, input, logSoftmax, oneHot, Program } from '../tensor/index.js';
import { minimise } from './minimise.js';

/** Rows [n, d] with a class each. */
export interface LabelledRows {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly dimensions: number;
  readonly classes: number;
}

export interface FitOptions {
  /** λ */
  readonly penalty: number;
  /** w, of each row. @default 1 for all */
  readonly weights?: Float32Array;
  /** Where to begin: what was fitted before. @default 0 */
  readonly start?: Float64Array;
  /** Largest entry of the gradient at the end. @default 1e-5 */
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
}

/** W [d, classes] row-major, then b [classes], of the standard scores. */
export type Parameters = Float64Array;

/** Rows that meet the engine at once; the last ones are filled up with rows of weight 0. */
const ROWS = 1024;

/** Fits on some rows, as often as is asked for. */
export class SoftmaxRegression {
  /** Of the rows, and zeros up to whole chunks. */
  readonly #scores: Float32Array;
  readonly #chunks: readonly { readonly x: Float32Array; readonly labels: Int32Array }[];

  private constructor(
    readonly rows: LabelledRows,
    readonly moments: ColumnMoments,
    readonly chunk: number,
    readonly gradient: Executable,
  ) {
    const { features, labels, dimensions: d } = rows;
    const count = Math.ceil(labels.length / chunk);
    this.#scores = filled(new Float32Array(count * chunk * d), standardised(features, moments));
    this.#chunks = Array.from({ length: count }, (_, i) => ({
      x: this.#scores.subarray(i * chunk * d, (i + 1) * chunk * d),
      labels: filled(new Int32Array(chunk), labels.subarray(i * chunk, (i + 1) * chunk)),
    }));
  }

  static async open(engine: Engine, rows: LabelledRows): Promise<SoftmaxRegression> {
    const { features, labels, dimensions: d, classes } = rows;
    const chunk = Math.min(ROWS, labels.length);
    const [weight, bias] = [input('weight', [d, classes]), input('bias', [classes])];
    const logProbs = logSoftmax(input('x', [chunk, d]).matmul(weight).add(bias));
    const own = logProbs.mul(oneHot(input('labels', [chunk], 'int32'), classes)).sum(1);
    const loss = own
      .mul(input('share', [chunk]))
      .sum()
      .neg();
    const [byWeight, byBias] = grad(loss, [weight, bias]);
    const program = new Program({ outputs: { byWeight, byBias } });
    return new SoftmaxRegression(rows, columnMoments(features, d), chunk, await engine.compile(program));
  }

  /** The parameters at which no entry of the gradient exceeds the tolerance. */
  async fit({ penalty, weights, start, tolerance, signal }: FitOptions): Promise<Parameters> {
    const { dimensions: d, classes, labels } = this.rows;
    const { chunk } = this;
    const given = weights ?? new Float32Array(labels.length).fill(1);
    const whole = given.reduce((sum, weight) => sum + weight, 0);
    const shares = given.map((weight) => weight / whole);
    const feeds = this.#chunks.map((rows, i) => ({
      ...rows,
      share: filled(new Float32Array(chunk), shares.subarray(i * chunk, (i + 1) * chunk)),
    }));
    const size = d * classes;
    const gradientAt = async (at: Float64Array) => {
      const weight = Float32Array.from(at.subarray(0, size));
      const bias = Float32Array.from(at.subarray(size));
      const total = at.map((value, i) => (i < size ? penalty * value : 0));
      for (const rows of feeds) {
        const { byWeight, byBias } = await this.gradient.run({ ...rows, weight, bias }, { signal });
        for (let i = 0; i < size; i++) total[i] += byWeight[i];
        for (let k = 0; k < classes; k++) total[size + k] += byBias[k];
      }
      return total;
    };
    return (await minimise(gradientAt, start ?? new Float64Array(size + classes), { tolerance })).at;
  }

  /** Logarithms of the classes' probabilities, rows [n, classes], of features as they were given. */
  logProbs(parameters: Parameters, features: Float32Array): Float64Array {
    const scores = standardised(features, this.moments);
    const { dimensions, classes } = this.rows;
    const count = scores.length / dimensions;
    const result = new Float64Array(count * classes);
    for (let n = 0; n < count; n++)
      this.#predict(parameters, scores, n, result.subarray(n * classes, (n + 1) * classes));
    return result;
  }

  /** Σ_n log p(y_n|x_n) over some of the rows that it fits on. */
  logLikelihood(parameters: Parameters, rows: Iterable<number>): number {
    const logProbs = new Float64Array(this.rows.classes);
    let sum = 0;
    for (const n of rows) {
      this.#predict(parameters, this.#scores, n, logProbs);
      sum += logProbs[this.rows.labels[n]];
    }
    return sum;
  }

  /** log p(y|x) of each class, for the scores of row n. */
  #predict(parameters: Parameters, scores: Float32Array, n: number, logProbs: Float64Array): void {
    const { dimensions: d, classes } = this.rows;
    logProbs.set(parameters.subarray(d * classes));
    for (let i = 0; i < d; i++) {
      const x = scores[n * d + i];
      for (let k = 0; k < classes; k++) logProbs[k] += x * parameters[i * classes + k];
    }
    const largest = logProbs.reduce((a, b) => Math.max(a, b));
    const total = logProbs.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    for (let k = 0; k < classes; k++) logProbs[k] -= largest + Math.log(total);
  }

  dispose(): Promise<void> {
    return this.gradient.dispose();
  }
}

/** Features that do not vary become 0. */
function standardised(features: Float32Array, { mean, deviation }: ColumnMoments): Float32Array {
  const d = mean.length;
  const scores = new Float32Array(features.length);
  for (let at = 0; at < features.length; at += d)
    for (let j = 0; j < d; j++)
      if (deviation[j] > 0) scores[at + j] = (features[at + j] - mean[j]) / deviation[j];
  return scores;
}

function filled<T extends Float32Array | Int32Array>(whole: T, part: T): T {
  whole.set(part);
  return whole;
}
