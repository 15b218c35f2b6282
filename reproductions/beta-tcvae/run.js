/**
 * β-TCVAE on squares of which only the position differs. A batch is the whole training part, with which the stratified
 * estimate of the aggregate posterior is exact: what is recorded is the mutual information, total correlation and
 * dimension-wise KL under all posteriors, and not an estimate of them.
 *
 *   node reproductions/beta-tcvae/run.js [--steps 2]
 */
import { parseArgs } from 'node:util';
import { fromImages, prepareData } from 'vaekit';
import { version } from 'vaekit/node';
import { betaTcvae } from 'vaekit/systems';
import { print } from '../record.js';
import { trained } from '../trained.js';

const { values: flags } = parseArgs({ options: { steps: { type: 'string', default: '2500' } } });
const steps = Number(flags.steps);
const SIDE = 16;
const SQUARE = 5;
/** Positions along each axis. */
const PLACES = SIDE - SQUARE + 1;
const SEED = 0;
/** Numbers in a code: twice as many as there are factors. */
const LATENT = 4;
/** Of so many records of the training, one is kept, and the last. */
const THINNED = 16;

const positions = Array.from({ length: PLACES ** 2 }, (_, i) => [i % PLACES, Math.floor(i / PLACES)]);

function squares() {
  const pixels = new Uint8Array(positions.length * SIDE * SIDE);
  positions.forEach(([left, top], n) => {
    for (let y = top; y < top + SQUARE; y++) {
      const start = (n * SIDE + y) * SIDE + left;
      pixels.fill(1, start, start + SQUARE);
    }
  });
  return fromImages(pixels, [SIDE, SIDE, 1], { name: 'squares', range: [0, 1] });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values) => mean(values.map((value) => (value - mean(values)) ** 2));

/** η² of a coordinate and a factor: the share of the coordinate's variance that lies between the factor's values. */
function explained(coordinate, factor) {
  const groups = new Map();
  coordinate.forEach((value, n) => {
    groups.set(factor[n], [...(groups.get(factor[n]) ?? []), value]);
  });
  return variance(coordinate.flatMap((_, n) => mean(groups.get(factor[n])))) / variance(coordinate);
}

const data = squares();
const { split } = await prepareData(data);
const shown = Array.from({ length: split.train.size }, (_, n) => positions[split.train.at(n)]);

/** How codes vary, with which factor, and the terms step by step. */
async function look({ model, history, part }) {
  const { mean: codes } = await model.encode(await part.read(0, part.size));
  const coordinates = Array.from({ length: LATENT }, (_, j) => {
    const values = shown.map((_, n) => codes[n * LATENT + j]);
    const [x, y] = [0, 1].map((axis) =>
      explained(
        values,
        shown.map((position) => position[axis]),
      ),
    );
    return { variance: variance(values), x, y };
  });
  const kept = history.filter((_, i) => i % THINNED === 0 || i === history.length - 1);
  return { coordinates, curve: kept.map(({ step, terms }) => ({ step, ...terms })) };
}

const runs = [];
for (const beta of [1, 6]) {
  const request = {
    system: betaTcvae,
    data,
    options: { beta, latent: LATENT, architecture: 'mlp', hidden: [128, 128] },
    training: { steps, batchSize: split.train.size, seed: SEED },
  };
  runs.push({ beta, ...(await trained(request, look)) });
}
const made = { vaekit: version, engine: 'native, 1 thread', seed: SEED, steps };
print(runs, { ...made, trainingPictures: split.train.size });
