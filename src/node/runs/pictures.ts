/** The `pictures/` folder of a run: what there is to look at after training. */
import type { Evaluation } from '../../evaluation/index.js';
import type { TrainedModel } from '../../inference/index.js';
import { type Figure, toPng, toSvg } from '../../pictures/index.js';
import { sizeOf } from '../../tensor/index.js';
import type { PreparedData } from '../../training/index.js';
import {
  byNats,
  codeScale,
  codesView,
  curvesView,
  interpolationsView,
  manifoldView,
  natsView,
  reconstructionsView,
  samplesView,
  traversalsView,
} from '../../views/index.js';
import { writeFileWhole } from '../files.js';
import { readRecords } from './records.js';
import type { RunFolder } from './runFolder.js';

/** Test samples whose codes are mapped. */
const MAPPED = 2000;
const SHOWN_RECONSTRUCTIONS = 20;
const SHOWN_SAMPLES = 64;
const SHOWN_COORDINATES = 10;
const INTERPOLATIONS = { pairs: 5, steps: 9 };
const MANIFOLD_SIDE = 15;
/** Rows of a table that are drawn. */
const SHOWN_ROWS = 2000;

export interface RunPicture {
  /** File name without its ending. */
  readonly name: string;
  readonly figure: Figure;
  readonly caption: string;
  /** Curves scale to any size; grids of pixels do not. */
  readonly isCurve: boolean;
}

export interface DrawRequest {
  readonly folder: RunFolder;
  readonly data: PreparedData;
  readonly model: TrainedModel;
  readonly evaluation: Evaluation;
  readonly seed: number;
}

export async function drawRun({ folder, data, model, evaluation, seed }: DrawRequest): Promise<RunPicture[]> {
  const pictures: RunPicture[] = [];
  const add = (name: string, figure: Figure | undefined, caption: string, isCurve = false) => {
    if (figure) pictures.push({ name, figure, caption, isCurve });
  };
  const test = data.source(data.split.test);
  const some = (count: number) => test.read(0, Math.min(count, test.size));
  const isTable = data.description.spec.kind === 'table';
  const { latent } = evaluation;
  add('curves', curvesView(await readRecords(folder)), 'Each term of the objective over the run.', true);
  add(
    'reconstructions',
    await reconstructionsView(model, await some(isTable ? SHOWN_ROWS : SHOWN_RECONSTRUCTIONS), seed),
    'Test samples and what is left of them after the code.',
  );
  if (model.canSample) {
    const drawn = isTable ? { count: SHOWN_ROWS } : sampleLayout(data);
    add(
      'samples',
      await samplesView(model, { ...drawn, seed, data: await some(SHOWN_ROWS) }),
      'Codes drawn from the prior, decoded.',
    );
  }
  const mapped = await some(MAPPED);
  const { mean: codes } = await model.encode(mapped);
  const dimensions = sizeOf(model.codeShape);
  const scale = model.canSample ? undefined : codeScale(codes, dimensions);
  const order = latent ? byNats(latent.klPerDimension) : Array.from({ length: dimensions }, (_, j) => j);
  add(
    'traversals',
    await traversalsView(model, {
      sample: await some(1),
      coordinates: order.slice(0, SHOWN_COORDINATES),
      scale,
      kl: latent?.klPerDimension,
    }),
    'One test sample, one coordinate of its code moved at a time.',
  );
  add(
    'manifold',
    await manifoldView(model, { side: MANIFOLD_SIDE, ...(mapped.labels ? { label: 0 } : {}) }),
    'What the plane of codes decodes to.',
  );
  add(
    'interpolations',
    await interpolationsView(model, await some(2 * INTERPOLATIONS.pairs), INTERPOLATIONS.steps),
    'Straight lines between the codes of test samples.',
  );
  const { classes } = data.dataset;
  add(
    'latent-map',
    codesView({ codes, dimensions, labels: mapped.labels, classes }),
    'Codes of test samples.',
  );
  if (latent) add('kl', natsView(latent), 'What each coordinate of the code carries.', true);
  for (const { name, figure, isCurve } of pictures) {
    await writeFileWhole(folder.file('pictures', `${name}.png`), toPng(figure));
    if (isCurve) await writeFileWhole(folder.file('pictures', `${name}.svg`), toSvg(figure));
  }
  return pictures;
}

/** Samples of every class in a row of its own, where there are few enough classes. */
function sampleLayout({ description: { classes } }: PreparedData): {
  count: number;
  labels?: Int32Array;
  columns?: number;
} {
  if (classes === 0) return { count: SHOWN_SAMPLES };
  const perClass = Math.max(1, Math.floor(SHOWN_SAMPLES / classes)) + 2;
  const count = classes <= 16 ? classes * perClass : SHOWN_SAMPLES;
  const labels = Int32Array.from({ length: count }, (_, i) =>
    classes <= 16 ? Math.floor(i / perClass) : i % classes,
  );
  return classes <= 16 ? { count, labels, columns: perClass } : { count, labels };
}
