/** Inputs of test cases: drawn from a seeded stream, and exact in float32 so that every engine gets the same numbers. */
import { RandomStream } from '../random/index.js';
import { type DType, type Shape, sizeOf, type TensorData, toData } from '../tensor/index.js';

/** Values for one input of a case. */
export interface Sample {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
}

export function sample(
  shape: Shape,
  values: ArrayLike<number> | ((i: number) => number),
  dtype: DType = 'float32',
): Sample {
  const list =
    typeof values === 'function' ? Array.from({ length: sizeOf(shape) }, (_, i) => values(i)) : values;
  if (list.length !== sizeOf(shape)) throw new Error(`${list.length} values for shape [${shape}]`);
  return { dtype, shape, data: toData(dtype, list) };
}

export class Sampler {
  readonly #stream: RandomStream;
  #draws = 0;

  constructor(name: string) {
    this.#stream = new RandomStream(2026, name);
  }

  normal(shape: Shape, scale = 1): Sample {
    const values = this.#stream.normal(new Float32Array(sizeOf(shape)), this.#draws++);
    return sample(shape, (i) => scale * values[i]);
  }

  uniform(shape: Shape, low = 0, high = 1): Sample {
    const values = this.#uniform(sizeOf(shape));
    return sample(shape, (i) => low + (high - low) * values[i]);
  }

  /** Whole numbers from low to high, both included. */
  whole(shape: Shape, low: number, high: number, dtype: DType = 'int32'): Sample {
    const values = this.#uniform(sizeOf(shape));
    return sample(shape, (i) => low + Math.floor((high - low + 1) * values[i]), dtype);
  }

  /** Numbers of which no two are nearer than 1/16, within a sample and among samples of different `turn` (0 to 3). */
  distinct(shape: Shape, turn = 0): Sample {
    const size = sizeOf(shape);
    const order = Array.from(this.#uniform(size).entries()).sort((a, b) => a[1] - b[1]);
    return sample(shape, (i) => (order[i][0] - Math.floor(size / 2)) / 4 + turn / 16 + 1 / 32);
  }

  /** One of the list. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#uniform(1)[0] * list.length)];
  }

  /** The numbers 0 … length − 1 in random order. */
  order(length: number): number[] {
    return Array.from(this.#uniform(length).entries())
      .sort((a, b) => a[1] - b[1])
      .map(([index]) => index);
  }

  #uniform(count: number): Float32Array {
    return this.#stream.uniform(new Float32Array(count), this.#draws++);
  }
}
