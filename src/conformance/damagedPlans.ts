/**
 * A program of its own, because it may crash: it damages the words of real plans in many ways, has the compiled engine load
 * them, and runs those that it takes. It prints how many were refused and run.
 */
import { initialValues } from '../engine/index.js';
import { encodePlan } from '../engine/native/encode.js';
import { lowerProgram } from '../engine/native/lower.js';
import type { Plan } from '../engine/native/plan.js';
import { loadAddon } from '../node/native.js';
import { allocate, type OpName, Program, rules, type TensorData } from '../tensor/index.js';
import { buildSuite } from './ops/build.js';
import { Sampler } from './sampler.js';
import { convolutionalVae, denseVae } from './trainings.js';

const DAMAGED_EACH = 400;

const addon = loadAddon();
const sampler = new Sampler('damaged plans');
const counts = { refused: 0, run: 0 };
for (const program of programs()) {
  const plan = lowerProgram(program, { leastMade: 1 });
  const words = encodePlan(plan);
  const variables = initialValues(program.variables.values(), 0);
  await tryPlan(plan, words, variables);
  for (let i = 0; i < DAMAGED_EACH; i++) await tryPlan(plan, damaged(words), variables);
}
for (let i = 0; i < DAMAGED_EACH; i++) {
  const noise = Int32Array.from({ length: whole(0, 300) }, () => anyWord());
  await tryPlan(lowerProgram(denseVae().program), noise, new Map());
}
console.log(JSON.stringify(counts));

/** Every operation's cases in one, and whole training steps. */
function programs(): Program[] {
  const ops = (Object.keys(rules) as OpName[]).map((op) => {
    const { cases } = buildSuite(op);
    return new Program({ outputs: Object.fromEntries(cases.map(({ label, value }) => [label, value])) });
  });
  return [...ops, denseVae().program, convolutionalVae().program];
}

async function tryPlan(
  plan: Plan,
  words: Int32Array,
  variables: ReadonlyMap<string, TensorData>,
): Promise<void> {
  const engine = addon.openEngine(2);
  try {
    for (const [name, values] of variables) addon.write(engine, name, values);
    const names = plan.variables.map(({ name }) => name);
    const executable = addon.load(engine, words, plan.constants, names);
    const arrays = (ports: Plan['inputs']) => ports.map(({ dtype, size }) => allocate(dtype, size));
    await addon.run(executable, arrays(plan.inputs), arrays(plan.outputs), 1, 0, 0, 0, false);
    counts.run++;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    counts.refused++;
  } finally {
    addon.close(engine);
  }
}

/** A few words changed, moved, left out or added. */
function damaged(words: Int32Array): Int32Array {
  const list = [...words];
  for (let n = whole(0, 3) || 1; n > 0; n--) {
    const at = whole(0, list.length - 1);
    const damages = [
      () => list.splice(at, 1, list[at] ^ (1 << whole(0, 31))),
      () => list.splice(at, 1, list[at] + whole(-2, 2)),
      () => list.splice(at, 1, anyWord()),
      () => list.splice(at, 1, list[whole(0, list.length - 1)]),
      () => list.splice(at, 1),
      () => list.splice(at, 0, anyWord()),
      () => list.splice(at),
    ];
    // The first two most of the time: what they make is often a plan.
    const kind = Math.max(0, whole(-12, damages.length - 1));
    damages[kind <= 0 ? whole(0, 1) : kind]();
    if (list.length === 0) break;
  }
  return Int32Array.from(list);
}

/** From low to high, both included. */
function whole(low: number, high: number): number {
  return sampler.whole([], low, high).data[0];
}

function anyWord(): number {
  const large = whole(-(2 ** 31), 2 ** 31 - 1);
  return whole(0, 1) ? whole(-3, 70) : large;
}
