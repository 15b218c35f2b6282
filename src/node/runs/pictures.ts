/** The `pictures/` folder of a run: what there is to look at after training. */
import { type Samples, UNKNOWN } from '../../data/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import type { TrainedModel } from '../../inference/index.js';
import { type Figure, toPng, toSvg } from '../../pictures/index.js';
import { findSystem, requiresLabels } from '../../systems/index.js';
import { sizeOf } from '../../tensor/index.js';
import type { PreparedData } from '../../training/index.js';
import {
  codebookViews,
  codeFrame,
  codesView,
  coordinateOrder,
  curvesView,
  denoisingView,
  filtersView,
  indexMapsView,
  interpolationsView,
  manifoldView,
  natsView,
  overviewView,
  reconstructionsView,
  rollOutView,
  type SamplesViewOptions,
  samplesView,
  traversalsView,
} from '../../views/index.js';
import { writeFileWhole } from '../files.js';
import { makeFolder } from './makeFolder.js';
import type { Records } from './records.js';
import type { RunFolder } from './runFolder.js';

/** Test samples whose codes are mapped. */
const MAPPED = 2000;
const SHOWN_RECONSTRUCTIONS = 20;
const SHOWN_SAMPLES = 64;
const SHOWN_MAPS = 10;
const SHOWN_COORDINATES = 10;
const SHOWN_ROLL_OUTS = 6;
const INTERPOLATIONS = { pairs: 5, steps: 9 };
const MANIFOLD_SIDE = 15;
/** Rows of a table that are drawn. */
const SHOWN_ROWS = 2000;
/** Up to so many classes have a row of samples each. */
const MOST_CLASS_ROWS = 16;
const SAMPLES_OF_CLASS = 8;

export interface RunPicture {
  /** File name without its ending. */
  readonly name: string;
  readonly figure: Figure;
  readonly png: Uint8Array;
  readonly caption: string;
  /** Curves scale to any size; grids of pixels do not. */
  readonly isCurve: boolean;
}

export interface DrawRequest {
  readonly folder: RunFolder;
  readonly data: PreparedData;
  readonly model: TrainedModel;
  readonly evaluation: Evaluation;
  readonly records: Records;
  readonly seed: number;
}

/** Draws and writes them all. @throws StorageError if one cannot be written */
export async function drawRun(request: DrawRequest): Promise<RunPicture[]> {
  const { folder, data, model, evaluation, records, seed } = request;
  const pictures: RunPicture[] = [];
  await makeFolder(folder.file('pictures'));
  const add = async (name: string, figure: Figure | undefined, caption: string, isCurve = false) => {
    if (!figure) return;
    const png = toPng(figure);
    pictures.push({ name, figure, png, caption, isCurve });
    await writeFileWhole(folder.file('pictures', `${name}.png`), png);
    if (isCurve) await writeFileWhole(folder.file('pictures', `${name}.svg`), toSvg(figure));
  };
  const test = data.source(data.split.test);
  const some = (count: number) => test.read(0, Math.min(count, test.size));
  const { classes } = data.dataset;
  const system = findSystem(folder.config.system);
  const isConditional = requiresLabels(system, folder.config.options);
  const isTable = data.description.spec.kind === 'table';
  const { latent } = evaluation;
  const title = `${system.title} on ${data.dataset.name}`;
  const originals = await some(SHOWN_RECONSTRUCTIONS);
  const conditioned = isConditional ? { classes: classes?.length } : {};
  await add(
    'overview',
    await overviewView(model, { title, records, originals, seed, ...conditioned }),
    'The objective over the run, and what came of it.',
  );
  await add('curves', curvesView(records), 'Each term of the objective over the run.', true);
  if (model.canEncode) {
    await add(
      'reconstructions',
      await reconstructionsView(model, await some(isTable ? SHOWN_ROWS : SHOWN_RECONSTRUCTIONS)),
      'Test samples and what is left of them after the code.',
    );
  }
  await add(
    'denoising',
    await denoisingView(model, await some(SHOWN_RECONSTRUCTIONS), seed),
    'Test samples, the same with noise as in training, and what is restored.',
  );
  await add(
    'filters',
    await filtersView(model, await some(MAPPED)),
    'What single units of the code look for, those first that vary most over test samples.',
  );
  if (model.canSample) {
    const layout = isTable
      ? rowLayout(await some(SHOWN_ROWS))
      : classLayout(isConditional && classes ? classes : []);
    const figure = await samplesView(model, { ...layout, seed });
    const rest = isTable ? 'and a row drawn from the likelihood at each' : 'decoded';
    await add('samples', figure, `Codes drawn from the prior, ${rest}.`);
  }
  if (model.canRollOut) {
    const [time] = data.description.shape;
    const from = Math.floor((time - 1) / 2);
    const figure = await rollOutView(model, await some(SHOWN_ROLL_OUTS), {
      from,
      steps: time - 1 - from,
      seed,
    });
    await add('rollouts', figure, `Test samples, and how the model goes on after time ${from} by itself.`);
  }
  if (!model.canEncode) return pictures;
  const mapped = await some(MAPPED);
  const { mean: codes, indices = [] } = await model.encode(mapped);
  const dimensions = sizeOf(model.codeShape);
  await add(
    'code-maps',
    await indexMapsView(model, await some(SHOWN_MAPS)),
    'Test samples, what is left of them, and the maps of codes between the two; a code has one colour everywhere.',
  );
  for (const { map, figure } of await codebookViews(model, indices)) {
    const name = indices.length === 1 ? 'codebook' : `codebook-${map}`;
    await add(name, figure, `What each entry of the codebook of ${map} stands for, at all places at once.`);
  }
  const label = mapped.labels?.find((each) => each !== UNKNOWN);
  const frame = await codeFrame(model, codes, label);
  await add(
    'traversals',
    await traversalsView(model, {
      sample: await some(1),
      coordinates: coordinateOrder({ latent, codes, dimensions }).slice(0, SHOWN_COORDINATES),
      frame,
      kl: latent?.klPerDimension,
    }),
    `One test sample, one coordinate of its code moved at a time, ${latent ? 'that with most nats' : 'that along which codes spread most'} first.`,
  );
  await add(
    'manifold',
    await manifoldView(model, {
      side: MANIFOLD_SIDE,
      frame,
      ...(isConditional && classes && label !== undefined
        ? { label: { index: label, name: classes[label] } }
        : {}),
    }),
    'What the plane of codes decodes to.',
  );
  const pairs = Math.min(INTERPOLATIONS.pairs, Math.floor(test.size / 2));
  if (pairs > 0) {
    const figure = await interpolationsView(model, await some(2 * pairs), INTERPOLATIONS.steps);
    await add('interpolations', figure, 'Straight lines between the codes of test samples.');
  }
  await add(
    'latent-map',
    codesView({ codes, dimensions, labels: mapped.labels, classes }),
    'Codes of test samples.',
  );
  if (latent) await add('kl', natsView(latent), 'What each coordinate of the code carries.', true);
  return pictures;
}

type Layout = Pick<SamplesViewOptions, 'count' | 'labels' | 'columns' | 'rowLabels' | 'data'>;

/** As many rows again and again as are looked at, of the classes that the data's rows have. */
function rowLayout(data: Samples): Layout {
  const { labels } = data;
  return {
    count: SHOWN_ROWS,
    data,
    ...(labels
      ? { labels: Int32Array.from({ length: SHOWN_ROWS }, (_, i) => labels[i % labels.length]) }
      : {}),
  };
}

/** Pictures of every class in a row of their own, where there are few enough classes. */
function classLayout(classes: readonly string[]): Layout {
  if (classes.length === 0) return { count: SHOWN_SAMPLES };
  if (classes.length > MOST_CLASS_ROWS) {
    const labels = Int32Array.from({ length: SHOWN_SAMPLES }, (_, i) => i % classes.length);
    return { count: SHOWN_SAMPLES, labels };
  }
  const count = classes.length * SAMPLES_OF_CLASS;
  return {
    count,
    labels: Int32Array.from({ length: count }, (_, i) => Math.floor(i / SAMPLES_OF_CLASS)),
    columns: SAMPLES_OF_CLASS,
    rowLabels: classes,
  };
}
