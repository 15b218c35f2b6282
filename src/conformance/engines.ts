/** The engines that the suites of this folder run on. A new engine is one more entry. */
import * as ortNode from 'onnxruntime-node';
import * as ortWeb from 'onnxruntime-web';
import { type Engine, ReferenceEngine } from '../engine/index.js';
import { NativeEngine } from '../engine/native/engine.js';
import { PlanInterpreter } from '../engine/native/interpreter.js';
import type { LoweringOptions } from '../engine/native/lower.js';
import { localRunner, OnnxEngine } from '../engine/onnx/engine.js';
import { AddonError, AddonRunner, instructionSets } from '../node/native.js';

export interface EngineUnderTest {
  readonly name: string;
  create(): Engine;
  /** Cases of the operations' table that the engine does not pass, as `op: case`, each with the reason. */
  readonly skips: Readonly<Record<string, string>>;
}

const UNMATCHED =
  'ONNX has no operation that matches rows and columns, and an auction of one bid per turn of a Loop would take minutes';
const matchings = [
  'one column',
  'two columns',
  'distinct',
  'positive',
  'a fine tolerance',
  'a coarse tolerance',
  'ties',
  'all equal',
  'one far from the others',
  'NaN and ±∞',
];

const onnxRuntimeSkips = {
  'reduceMax: NaN':
    'ONNX Runtime’s ReduceMax drops NaN where others follow it. In softmax and logSumExp the subtraction that comes next ' +
    'brings it back, so it still reaches the loss; a lowering that keeps it would read the input twice.',
  ...Object.fromEntries(matchings.map((label) => [`assignment: ${label}`, UNMATCHED])),
};

ortWeb.env.wasm.numThreads = 1;

/** Instruction sets on which this machine can try the native engine; none where it was not built. */
export const nativeSets = builtSets();

function builtSets(): readonly string[] {
  try {
    return instructionSets();
  } catch (error) {
    if (!(error instanceof AddonError && error.isMissing)) throw error;
    console.warn(`the native engine is not tested: ${error.message}`);
    return [];
  }
}

/** Small tensors, too, go the way of large ones. */
const AS_LARGE = { leastMade: 1 };

/** All that it was built for with two threads, and the fastest alone. */
function nativeEngines(): EngineUnderTest[] {
  const engine = (
    instructionSet: string,
    threads: number,
    lowering: LoweringOptions = {},
  ): EngineUnderTest => ({
    name: `native for ${instructionSet} on ${threads} thread${threads === 1 ? '' : 's'}`,
    create: () => new NativeEngine(new AddonRunner({ threads, instructionSet }), lowering),
    skips: {},
  });
  return [
    ...nativeSets.map((set) => engine(set, 2)),
    ...nativeSets.slice(0, 1).map((set) => engine(set, 1, AS_LARGE)),
  ];
}

export const engines: readonly EngineUnderTest[] = [
  { name: 'reference', create: () => new ReferenceEngine(), skips: {} },
  {
    name: 'onnx on onnxruntime-node',
    create: () => new OnnxEngine(localRunner(ortNode, { threads: 2 })),
    skips: onnxRuntimeSkips,
  },
  {
    name: 'onnx on onnxruntime-web',
    create: () => new OnnxEngine(localRunner(ortWeb, { threads: 1, providers: ['wasm'] })),
    skips: onnxRuntimeSkips,
  },
  { name: 'plans in TypeScript', create: () => new NativeEngine(new PlanInterpreter(), AS_LARGE), skips: {} },
  ...nativeEngines(),
];
