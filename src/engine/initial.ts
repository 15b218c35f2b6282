/** Initial values of variables, the same on every engine. */
import { RandomStream } from '../random/index.js';
import { type Draws, show, sizeOf, type TensorData, toData, type Variable } from '../tensor/index.js';

/** Random numbers of a stream, every call of which continues it. */
export function drawsOf(seed: number, name: string): Draws {
  const stream = new RandomStream(seed, name);
  let draw = 0;
  return {
    normal: (count) => stream.normal(new Float32Array(count), draw++),
    uniform: (count) => stream.uniform(new Float32Array(count), draw++),
    of: (other) => drawsOf(seed, `init/${other}`),
  };
}

/**
 * Draws every variable's initial value from a stream of its own, `init/<name>`, or from that of the one it starts as.
 *
 * @throws Error naming a variable whose initialiser does not fill its shape
 */
export function initialValues(variables: Iterable<Variable>, seed: number): Map<string, TensorData> {
  const values = new Map<string, TensorData>();
  for (const { name, shape, dtype, initialiser, initialStream } of variables) {
    const initial = initialiser(shape, drawsOf(seed, `init/${initialStream}`));
    if (initial.length !== sizeOf(shape)) {
      throw new Error(
        `variable '${name}' of shape ${show(shape)} takes ${sizeOf(shape)} values but its initialiser gave ${initial.length}`,
      );
    }
    values.set(name, toData(dtype, initial));
  }
  return values;
}
