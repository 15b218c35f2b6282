/** Initial values of variables, the same on every engine. */
import { RandomStream } from '../random/index.js';
import { type TensorData, toData, type Variable } from '../tensor/index.js';

/** Draws every variable's initial value from a stream of its own, `init/<name>`. */
export function initialValues(variables: Iterable<Variable>, seed: number): Map<string, TensorData> {
  const values = new Map<string, TensorData>();
  for (const { name, shape, dtype, initialiser } of variables) {
    const stream = new RandomStream(seed, `init/${name}`);
    let draw = 0;
    const draws = {
      normal: (count: number) => stream.normal(new Float32Array(count), draw++),
      uniform: (count: number) => stream.uniform(new Float32Array(count), draw++),
    };
    values.set(name, toData(dtype, initialiser(shape, draws)));
  }
  return values;
}
