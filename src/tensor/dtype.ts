/** Element types of tensors and the typed arrays that hold them outside of a graph. */

export type DType = 'float32' | 'int32' | 'uint8' | 'bool';

/** Values of a tensor in row-major order; `bool` is held as 0 and 1 in a `Uint8Array`. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** A zero-filled array of the type that holds `dtype`. */
export function allocate(dtype: DType, length: number): TensorData {
  if (dtype === 'float32') return new Float32Array(length);
  return dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length);
}

/** Copies numbers into the typed array of `dtype`; an array of that type is returned as it is. */
export function toData(dtype: DType, values: ArrayLike<number>): TensorData {
  const data = allocate(dtype, 0).constructor as new (values: ArrayLike<number>) => TensorData;
  return values instanceof data ? values : new data(values);
}

export function bytesPerElement(dtype: DType): number {
  return dtype === 'float32' || dtype === 'int32' ? 4 : 1;
}

/** Constants keep the precision they were written in, for engines that can use it. */
export type ConstantData = TensorData | Float64Array;
