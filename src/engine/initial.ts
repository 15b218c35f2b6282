/** Initial values of variables, the same on every engine. */
import { RandomStream } from '../random/index.js';
import { type Draws, show, sizeOf, type TensorData, toData, type Variable } from '../tensor/index.js';

/**
 * Draws every variable's initial value from a stream of its own, `init/<name>`.
 *
 * @throws Error naming a variable whose initialiser does not fill its shape
 */
export function initialValues(variables: Iterable<Variable>, seed: number): Map<string, TensorData> {
  const values = new Map<string, TensorData>();
  for (const { name, shape, dtype, initialiser } of variables) {
    const initial = initialiser(shape, drawsOf(name, seed));
    if (initial.length !== sizeOf(shape)) {
      throw new Error(
        `variable '${name}' of shape ${show(shape)} takes ${sizeOf(shape)} values but its initialiser gave ${initial.length}`,
      );
    }
    values.set(name, toData(dtype, initial));
  }
  return values;
}

function drawsOf(name: string, seed: number): Draws {
  const stream = new RandomStream(seed, `init/${name}`);
  let draw = 0;
  return {
    normal: (count) => stream.normal(new Float32Array(count), draw++),
    uniform: (count) => stream.uniform(new Float32Array(count), draw++),
    of: (other) => drawsOf(other, seed),
  };
}
