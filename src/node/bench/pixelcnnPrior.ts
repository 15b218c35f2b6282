/** The benchmark's prior: a class-conditional gated PixelCNN over 8×8 indices of 512, and draws from it row by row. */
import type { Engine } from '../../engine/index.js';
import type { ModelRunner } from '../../inference/index.js';
import { compileDrawing, LABELS } from '../../priors/drawing.js';
import { describeGrids, pixelcnn } from '../../priors/index.js';
import { priorOver } from '../../priors/over.js';
import { type Batch, system, toWeighted } from '../../systems/index.js';
import { concat } from '../../tensor/index.js';
import type { BenchDecoder } from './cases.js';

export const SIDE = 8;
export const INDICES = 512;
export const CLASSES = 10;
/** Maps that are drawn at once. */
const DRAWN = 16;

const options = pixelcnn.options.parse({
  layers: 15,
  channels: 64,
  firstKernel: 7,
  kernel: 3,
  headChannels: 512,
  dropout: 0,
  conditional: true,
});
const maps = [{ name: 'codes', shape: [SIDE, SIDE], size: INDICES }];
const prior = priorOver(pixelcnn, describeGrids({ maps, classes: CLASSES, size: 0 }), options);

/** What is encoded is the negative log-likelihood of the indices. */
export const pixelcnnPrior = system({
  ...prior.system(),
  name: 'bench-pixelcnn-prior',
  build(_data, _options, scope) {
    const model = prior.build(scope);
    const nll = ({ x, ...batch }: Batch) => model.objective({ ...batch, x: x.cast('int32') });
    return {
      codeShape: [1],
      objective: nll,
      encode: (batch) => concat(Object.values(nll(batch)).map((term) => toWeighted(term).value)),
      decode: (code) => code,
    };
  },
});

/** Draws maps of classes in turn. */
export async function drawMaps(engine: Engine, { table }: ModelRunner): Promise<BenchDecoder> {
  const { drawing } = prior.build(table.scope({ training: false }));
  if (!drawing) throw new Error('pixelcnn-prior: it draws in steps');
  const compiled = await compileDrawing(engine, drawing, DRAWN, true);
  const labels = Int32Array.from({ length: DRAWN }, (_, i) => i % CLASSES);
  return {
    batch: DRAWN,
    async call() {
      await engine.variables.write(new Map([...compiled.start, [LABELS, labels]]));
      await compiled.draw(0, { seed: 0 });
    },
  };
}
