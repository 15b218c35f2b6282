/** A trained model of pictures at a glance. */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import { type Figure, overview, type Pictures, type TilesOptions } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { objectiveSeries, type RunRecords } from './curves.js';
import { asPictures, decodedPictures, newPictures } from './shown.js';

export interface OverviewViewOptions {
  readonly title: string;
  readonly records: RunRecords;
  /** Samples to reconstruct. */
  readonly originals: Samples;
  /** Number of classes to take turns in new samples, for systems that are conditioned on one. */
  readonly classes?: number;
  readonly seed?: number;
}

const COLUMNS = 4;
const ROWS = 4;

/** The curve of the objective, reconstructions, and samples where the model has a prior. */
export async function overviewView(
  model: TrainedModel,
  { title, records, originals, classes, seed = 0 }: OverviewViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') return undefined;
  const shown = firstOf(originals, (COLUMNS * ROWS) / 2, sizeOf(spec.shape));
  const { mean } = await model.encode(shown);
  const reconstructions = await decodedPictures(model, mean, shown.labels);
  const pairs = alternating(asPictures(spec, shown.x), reconstructions, COLUMNS);
  const tiles: TilesOptions[] = [
    { name: 'Reconstructions', note: 'of the above', pictures: pairs, columns: COLUMNS },
  ];
  if (model.canSample) {
    const labels = classes ? Int32Array.from({ length: COLUMNS * ROWS }, (_, i) => i % classes) : undefined;
    const pictures = await newPictures(model, COLUMNS * ROWS, { labels, seed });
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
  const data = new Float32Array(2 * rows * width);
  for (let row = 0; row < rows; row++) {
    data.set(above.data.subarray(row * width, (row + 1) * width), 2 * row * width);
    data.set(below.data.subarray(row * width, (row + 1) * width), (2 * row + 1) * width);
  }
  return { data, shape: [2 * rows * columns, ...sample] };
}
