/** A run that takes its time, for tests of what happens meanwhile. */
import { input, Program, Variable } from '../tensor/index.js';

const SIZE = 700;

/** A step that takes a tenth of a second or more, and counts itself in `w`. */
export function longProgram(): Program {
  const x = input('x', [SIZE, SIZE]);
  const w = new Variable('w', [], () => [0]);
  const turns = Array.from({ length: 10 }).reduce<typeof x>((y) => y.matmul(x), x);
  return new Program({ outputs: { y: turns.sum() }, updates: new Map([[w, w.add(1)]]) });
}

export function longFeeds(steps: number) {
  return { x: new Float32Array(steps * SIZE * SIZE).fill(1e-3) };
}
