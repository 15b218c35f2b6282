/**
 * How far clouds drawn from a model are from held-out ones, as sets (cloudSets.ts, occupancy.ts), and reconstructed clouds from their
 * originals.
 *
 * Tables of distances are of at most 100 clouds of each side and 256 points of each cloud, chosen by the seed: an earth mover's
 * distance takes milliseconds. Where points lie is counted for more.
 */
import { TrainedModel } from '../inference/index.js';
import { chamferHalves } from '../nn/index.js';
import { Permutation, RandomStream } from '../random/index.js';
import {
  type Clouds,
  type CloudTable,
  chamferTable,
  earthMoversTable,
  solverFor,
  somePoints,
} from './cloudDistances.js';
import { compareSets } from './cloudSets.js';
import type { MeasureRequest } from './measure.js';
import { type Metric, meanOver, missing, single } from './metric.js';
import { CELLS_PER_SIDE, jensenShannon, occupancy } from './occupancy.js';
import { mapSource, type SampleSource } from './sources.js';

const MOST_CLOUDS = 100;
const MOST_POINTS = 256;
/** Clouds on each side whose points are counted. */
const MOST_COUNTED = 1000;
/** Training clouds that may stand for a held-out one, and held-out clouds that they stand for. */
const MOST_TEMPLATES = 512;
const MOST_REPLACED = 100;

const CHAMFER = 'squared distance to the nearest point, mean over the points of a cloud';

/** Clouds beside what is left of them after the code, and beside the nearest training cloud. */
export async function cloudReconstructionMetrics(request: MeasureRequest): Promise<Metric[]> {
  const { runner, source, training, seed = 0, limit = source.size } = request;
  const size = Math.min(limit, source.size);
  const about = (name: string, estimator: string) => ({ name, unit: '' as const, estimator });
  const both = about('chamfer', `${CHAMFER}, from and to the reconstruction added`);
  if (runner.settings.system.isGenerator) return [missing(size, both, 'there is no encoder')];
  const rows = await mapSource(runner, 'cloud reconstructions', source, request, (batch, { model }) => {
    const decoded = model.decode(model.encode(batch), batch.labels);
    const { forward, backward } = chamferHalves(batch.x, decoded, 'mean');
    return { forward, backward, both: forward.add(backward) };
  });
  const held = await chosen(request, source, { stream: 'held-out clouds', size, most: MOST_REPLACED });
  const templates = await chosen(request, training, {
    stream: 'templates',
    size: training.size,
    most: MOST_TEMPLATES,
  });
  const { values } = await chamferTable(held, templates, request);
  const nearest = Array.from({ length: held.count }, (_, i) =>
    values.subarray(i * templates.count, (i + 1) * templates.count).reduce((a, b) => Math.min(a, b)),
  );
  return [
    meanOver(rows.both, both),
    meanOver(rows.forward, about('chamferToReconstruction', `${CHAMFER}, from the sample`)),
    meanOver(rows.backward, about('chamferFromReconstruction', `${CHAMFER}, from the reconstruction`)),
    meanOver(nearest, {
      ...about('chamferOfNearestTraining', 'the same as chamfer, with the nearest training sample instead'),
      options: { templates: templates.count, seed },
    }),
  ];
}

/** Clouds drawn from the prior beside held-out ones. */
export async function cloudSetMetrics(request: MeasureRequest): Promise<Metric[]> {
  const { runner, source, seed = 0, limit = source.size, signal } = request;
  const { spec } = runner.data;
  const size = Math.min(limit, source.size);
  const divergence = {
    name: 'jensenShannon',
    unit: 'bits',
    estimator: `between the cells of a ${CELLS_PER_SIDE}³ grid in the unit sphere, points of all clouds together`,
    options: { seed },
  } as const;
  if (spec.kind !== 'points')
    return request.groups ? [missing(size, divergence, 'it is about clouds of points')] : [];
  if (spec.shape[1] !== 3) return [missing(size, divergence, 'it is about points in space')];
  const model = new TrainedModel(runner);
  if (!model.canSample) return [missing(size, divergence, 'codes have no prior to draw clouds from')];

  const references = await chosen(request, source, { stream: 'references', size, most: MOST_COUNTED });
  const { x } = await model.sample(references.count, { labels: references.labels, seed, signal });
  const samples = { ...references, data: x };
  const bits = jensenShannon(occupancy(samples.data), occupancy(references.data));
  const sets = [samples, references].map((clouds) => front(clouds, MOST_CLOUDS));
  const few = sets.map((clouds, i) => somePoints(clouds, MOST_POINTS, new RandomStream(seed, `points ${i}`)));
  return [
    single(bits, references.count, divergence),
    ...(await setMetrics('chamfer', few, request)),
    ...(await setMetrics('emd', few, request)),
  ];
}

const TABLES: Readonly<Record<'chamfer' | 'emd', { table: CloudTable; meaning: string }>> = {
  chamfer: { table: chamferTable, meaning: `${CHAMFER}, both directions added` },
  emd: { table: earthMoversTable, meaning: 'mean distance of points matched one to one' },
};

async function setMetrics(
  name: keyof typeof TABLES,
  [samples, references]: readonly Clouds[],
  request: MeasureRequest,
): Promise<Metric[]> {
  const { table, meaning } = TABLES[name];
  const comparison = compareSets({
    across: await table(samples, references, request),
    samples: await table(samples, samples, request),
    references: await table(references, references, request),
  });
  const { coverage, minimumMatching, sampleToReference, nearestNeighbourAccuracy } = comparison;
  const about = (metric: string, estimator: string) => ({
    name: `${metric}(${name})`,
    unit: '' as const,
    estimator: `${estimator}; ${meaning}`,
    options: {
      samples: samples.count,
      references: references.count,
      points: samples.points,
      ...(name === 'emd' ? { solver: solverFor(samples.points) } : {}),
      seed: request.seed ?? 0,
    },
  });
  const accuracy = 'clouds whose nearest other one is of their own set, ½ at best, Lopez-Paz & Oquab 2017';
  return [
    single(
      coverage,
      samples.count,
      about('coverage', 'references that are nearest to some sample, as a share'),
    ),
    meanOver(minimumMatching, about('minimumMatching', 'from each reference to its nearest sample')),
    meanOver(sampleToReference, about('sampleToReference', 'from each sample to its nearest reference')),
    single(nearestNeighbourAccuracy, 2 * samples.count, about('nearestNeighbourAccuracy', accuracy)),
  ];
}

type ChosenClouds = Clouds & { readonly labels?: Int32Array };

/** At most so many of the first `size` clouds of a source, drawn without putting back. */
async function chosen(
  { runner, seed = 0 }: MeasureRequest,
  source: SampleSource,
  { stream, size, most }: { stream: string; size: number; most: number },
): Promise<ChosenClouds> {
  const { spec } = runner.data;
  if (spec.kind !== 'points') throw new Error('chosen: the samples are no clouds');
  const [points, dimensions] = spec.shape;
  const order = new Permutation(size, new RandomStream(seed, stream));
  const count = Math.min(most, size);
  const rows = new Float32Array(count * points * dimensions);
  const labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const { x, labels: classes = [] } = await source.read(order.at(i), 1);
    rows.set(x, i * points * dimensions);
    labels.push(...classes);
  }
  return {
    data: rows,
    count,
    points,
    dimensions,
    ...(labels.length > 0 ? { labels: Int32Array.from(labels) } : {}),
  };
}

function front({ data, count, points, dimensions }: Clouds, most: number): Clouds {
  const kept = Math.min(most, count);
  return { data: data.subarray(0, kept * points * dimensions), count: kept, points, dimensions };
}
