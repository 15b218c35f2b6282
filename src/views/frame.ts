/** Where codes lie, which says how far a coordinate is to be moved to see what it does. */
import type { TrainedModel } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';

/** Middle and standard deviation of every code coordinate. */
export interface CodeFrame {
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
  /** What was measured. */
  readonly of: 'prior' | 'codes';
}

/**
 * The frame of a normal prior, of one class where there is one for each; of the codes themselves where there is none.
 *
 * @param codes of samples, [count, ...code]
 * @param label class of the codes to be moved, for systems that are conditioned on one
 */
export async function codeFrame(
  model: TrainedModel,
  codes: Float32Array,
  label?: number,
): Promise<CodeFrame> {
  const { prior } = model.runner.build();
  if (prior) {
    const labels = label === undefined ? undefined : Int32Array.of(label);
    const { mean, deviation } = await model.runner.generate('frame', 1, labels, (classes, { size }) => {
      const p = prior(size, classes);
      const rows: Record<string, Tensor> = { mean: p.mean };
      if (p instanceof DiagonalNormal) rows.deviation = p.deviation.broadcastTo(p.mean.shape);
      return rows;
    });
    if (deviation) return { mean, deviation, of: 'prior' };
  }
  return frameOf(codes, sizeOf(model.codeShape));
}

/** Mean and standard deviation of each coordinate over codes [count, dimensions]. */
export function frameOf(codes: Float32Array, dimensions: number): CodeFrame {
  const count = codes.length / dimensions;
  const mean = new Float64Array(dimensions);
  const variance = new Float64Array(dimensions);
  codes.forEach((value, i) => {
    mean[i % dimensions] += value / count;
  });
  codes.forEach((value, i) => {
    variance[i % dimensions] += (value - mean[i % dimensions]) ** 2 / count;
  });
  return { mean, deviation: variance.map(Math.sqrt), of: 'codes' };
}

/** Coordinate j of a point that lies `value` deviations from the middle of a frame. */
export function coordinateIn({ mean, deviation }: CodeFrame, j: number, value: number): number {
  return mean[j] + value * deviation[j];
}
