/** A trained model of pictures or clouds at a glance. */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import { type Figure, overview, type Pictures, type TilesOptions } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { objectiveSeries, type RunRecords } from './curves.js';
import { asPictures, decodedPictures, newPictures } from './shown.js';

export interface OverviewViewOptions {
  readonly title: string;
  readonly records: RunRecords;
  /** Samples to reconstruct, at least one. */
  readonly originals: Samples;
  /** Number of classes to take turns in new samples, for systems that are conditioned on one. */
  readonly classes?: number;
  readonly seed?: number;
}

const COLUMNS = 4;
const ROWS = 4;

/** Clouds are as small as pictures here. */
const SHOWN = { clouds: 'angle' } as const;

/** The curve of the objective, reconstructions where the model has an encoder, and samples where it has a prior. */
export async function overviewView(
  model: TrainedModel,
  { title, records, originals, classes, seed = 0 }: OverviewViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image' && spec.kind !== 'points') return undefined;
  const tiles: TilesOptions[] = [];
  if (model.canEncode) {
    const width = sizeOf(spec.shape);
    // A small test part does not fill a row.
    const columns = Math.min(COLUMNS, originals.x.length / width);
    const shown = firstOf(originals, (columns * ROWS) / 2, width);
    const { mean } = await model.encode(shown);
    const reconstructions = await decodedPictures(model, mean, shown.labels, SHOWN);
    const pairs = alternating(asPictures(spec, shown.x, SHOWN), reconstructions, columns);
    tiles.push({ name: 'Reconstructions', note: 'of the above', pictures: pairs, columns });
  }
  if (model.canSample) {
    const labels = classes ? Int32Array.from({ length: COLUMNS * ROWS }, (_, i) => i % classes) : undefined;
    const pictures = await newPictures(model, COLUMNS * ROWS, { labels, seed, ...SHOWN });
    tiles.push({ name: 'Samples', pictures, columns: COLUMNS });
  }
  return overview({ title, curve: { name: 'Objective', series: objectiveSeries(records) }, tiles });
}

function firstOf({ x, labels }: Samples, count: number, width: number): Samples {
  return { x: x.subarray(0, count * width), ...(labels ? { labels: labels.subarray(0, count) } : {}) };
}

/** A row of the one under a row of the other; what fills no row is left out. */
function alternating(above: Pictures, below: Pictures, columns: number): Pictures {
  const [count, ...sample] = above.shape;
  const width = columns * sample.reduce((product, length) => product * length, 1);
  const rows = Math.floor(count / columns);
  const length = 2 * rows * width;
  const data = above.data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  for (let row = 0; row < rows; row++) {
    data.set(above.data.subarray(row * width, (row + 1) * width), 2 * row * width);
    data.set(below.data.subarray(row * width, (row + 1) * width), (2 * row + 1) * width);
  }
  return { data, shape: [2 * rows * columns, ...sample] };
}
