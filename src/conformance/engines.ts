/** The engines that the suites of this folder run on. A new engine is one more entry. */
import * as ortNode from 'onnxruntime-node';
import * as ortWeb from 'onnxruntime-web';
import { type Engine, ReferenceEngine } from '../engine/index.js';
import { localRunner, OnnxEngine } from '../engine/onnx/engine.js';

export interface EngineUnderTest {
  readonly name: string;
  create(): Engine;
  /** Cases of the operations' table that the engine does not pass, as `op: case`, each with the reason. */
  readonly skips: Readonly<Record<string, string>>;
}

const onnxRuntimeSkips = {
  'reduceMax: NaN':
    'ONNX Runtime’s ReduceMax drops NaN where others follow it. In softmax and logSumExp the subtraction that comes next ' +
    'brings it back, so it still reaches the loss; a lowering that keeps it would read the input twice.',
};

ortWeb.env.wasm.numThreads = 1;

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
];
