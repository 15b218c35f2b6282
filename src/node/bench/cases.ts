/**
 * The benchmark cases: standard autoencoders with fixed architectures and batch sizes, the same that the PyTorch side
 * measures. Inputs are made up, smooth or blob-like, and the same every time.
 */
import { z } from 'zod';
import {
  type ImageSpec,
  type SampleSpec,
  type Samples,
  sequenceOf,
  type TableSpec,
} from '../../data/index.js';
import type { Engine } from '../../engine/index.js';
import type { ModelRunner } from '../../inference/index.js';
import {
  activations,
  batchNorm,
  conv,
  flatten,
  type Layer,
  linear,
  relu,
  reshape,
  sequential,
  tanh,
  transposedConv,
} from '../../nn/index.js';
import { DiagonalNormal, kl } from '../../probability/index.js';
import { RandomStream } from '../../random/index.js';
import {
  ae,
  atTimes,
  betaVae,
  drawTimes,
  iwae,
  jumpTerms,
  nearestName,
  OptionError,
  type System,
  system,
  tdNetworks,
  tdVae,
  vae,
  vqVae,
  weighted,
} from '../../systems/index.js';
import { concat, stack, type Tensor } from '../../tensor/index.js';
import type { TrainingOptions } from '../../training/index.js';
import { CLASSES, drawMaps, INDICES, pixelcnnPrior, SIDE } from './pixelcnnPrior.js';

export interface BenchCase {
  readonly name: string;
  readonly system: System;
  readonly options: Record<string, unknown>;
  readonly spec: SampleSpec;
  readonly training: Partial<TrainingOptions>;
  /** Of samples that have any. */
  readonly classes?: number;
  /** Samples that are the same for every call. */
  samples(count: number): Samples;
  /** What makes samples, where that is no single program of codes. */
  decoder?(engine: Engine, runner: ModelRunner): Promise<BenchDecoder>;
}

/** Makes `batch` samples a call. */
export interface BenchDecoder {
  readonly batch: number;
  call(): Promise<unknown>;
}

const binary = (shape: ImageSpec['shape']): ImageSpec => ({
  kind: 'image',
  shape,
  dtype: 'uint8',
  range: [0, 1],
});

interface Smooth {
  readonly size: number;
  readonly channels: number;
  /** Side of the grid. */
  readonly coarse: number;
}

/** Fills images with low-frequency noise: a coarse grid, stretched bilinearly, each shade in [0, 1) as `use` has it. */
function fillSmooth<T extends Float32Array | Uint8Array>(
  images: T,
  { size, channels, coarse }: Smooth,
  use: (shade: number) => number,
): T {
  const count = images.length / (size * size * channels);
  const grid = new RandomStream(1, 'bench images').uniform(
    new Float32Array(count * coarse * coarse * channels),
  );
  // Of each place: the one of the grid before it, and the weights of that and of the next.
  const places = Array.from({ length: size }, (_, i) => {
    const p = Math.min(coarse - 1, Math.max(0, ((i + 0.5) * coarse) / size - 0.5));
    const low = Math.min(coarse - 2, Math.floor(p));
    return { low, near: 1 - (p - low), far: p - low };
  });
  const line = new Float64Array(coarse * channels);
  let i = 0;
  for (let b = 0; b < count; b++) {
    for (const row of places) {
      const start = (b * coarse + row.low) * line.length;
      for (let k = 0; k < line.length; k++)
        line[k] = grid[start + k] * row.near + grid[start + line.length + k] * row.far;
      for (const { low, near, far } of places) {
        for (let k = low * channels; k < (low + 1) * channels; k++)
          images[i++] = use(line[k] * near + line[k + channels] * far);
      }
    }
  }
  return images;
}

const blobs =
  (size: number) =>
  (count: number): Samples => {
    const x = new Uint8Array(count * size * size);
    return { x: fillSmooth(x, { size, channels: 1, coarse: 4 }, (shade) => Number(shade > 0.6)) };
  };

const hidden = (width: number): Layer => sequential(linear(width), relu);
const halve = (filters: number): Layer => conv({ filters, kernel: 4, stride: 2, padding: 1 });
const double = (filters: number): Layer => transposedConv({ filters, kernel: 4, stride: 2, padding: 1 });

/** β-VAE for 64×64: four 4×4 convolutions of stride 2, dense layers, ten latents, and the mirror image. */
function convVae64(name: string, channels: readonly number[], dense: readonly number[]): BenchCase {
  const top = channels[channels.length - 1];
  const up = [...channels.slice(0, -1)].reverse();
  return {
    name,
    system: betaVae,
    options: {
      beta: 4,
      latent: 10,
      logVarBound: 0,
      encoder: sequential(
        ...channels.flatMap((filters) => [halve(filters), relu]),
        flatten,
        ...dense.map(hidden),
      ),
      decoder: sequential(
        ...[...dense].reverse().map(hidden),
        hidden(top * 16),
        reshape([4, 4, top]),
        ...up.flatMap((filters) => [double(filters), relu]),
        double(1),
      ),
    },
    spec: binary([64, 64, 1]),
    training: { batchSize: 64, learningRate: 5e-4 },
    samples: blobs(64),
  };
}

const CELEBA_CHANNELS = [32, 64, 128, 256, 512];
const KLD_WEIGHT = 0.00025;
const CELEBA_LATENT = 128;

/** Mean squared error over the pixels plus a small multiple of the KL term: no bound, but what is widely run on faces. */
const vanillaVae = system({
  name: 'bench-vanilla-vae',
  title: 'VAE with a mean squared error',
  paper: 'a common configuration for 64×64 faces',
  objective: String.raw`\frac{1}{D}\|x - f(z)\|^2 + 0.00025\,KL`,
  summary: 'The face VAE of the benchmark.',
  options: z.object({}),
  build: (_data, _options, scope) => {
    const norm = (): Layer => sequential(batchNorm(), activations.leakyRelu);
    const down = CELEBA_CHANNELS.flatMap((filters) => [
      conv({ filters, kernel: 3, stride: 2, padding: 1 }),
      norm(),
    ]);
    const trunk = sequential(...down, flatten)(scope.child('encoder'));
    const mean = linear(CELEBA_LATENT)(scope.child('mean'));
    const logVar = linear(CELEBA_LATENT)(scope.child('logVar'));
    const upwards = [...CELEBA_CHANNELS.slice(0, -1)].reverse().concat(CELEBA_CHANNELS[0]);
    const up = upwards.flatMap((filters) => [
      transposedConv({ filters, kernel: 3, stride: 2, padding: 1 }),
      norm(),
    ]);
    const last = [conv({ filters: 3, kernel: 3, padding: 1 }), tanh];
    const decoder = sequential(linear(2048), reshape([2, 2, 512]), ...up, ...last)(scope.child('decoder'));
    const posterior = (x: Parameters<typeof trunk>[0]) => {
      const features = trunk(x);
      return new DiagonalNormal({ mean: mean(features), logVar: logVar(features) });
    };
    const prior = (count: number) => DiagonalNormal.standard([count, CELEBA_LATENT]);
    return {
      codeShape: [CELEBA_LATENT],
      objective: ({ x }) => {
        const q = posterior(x);
        const error = decoder(q.rsample()).sub(x).square().sumOverEvent();
        const pixels = x.size / x.shape[0];
        return { reconstruction: error.mul(1 / pixels), kl: weighted(KLD_WEIGHT, kl(q, prior(x.shape[0]))) };
      },
      encode: ({ x }) => posterior(x).mean,
      decode: (code) => decoder(code),
      posterior: ({ x }) => posterior(x),
      prior,
    };
  },
});

/** Of the pictures of the VQ-VAE: what its mean squared error is divided by. */
const VQ_VARIANCE = 0.06;
const VQ_DIMENSION = 64;
/**
 * The other side averages squares over 3072 numbers and distances over the 64 of a vector, and we sum both and halve the
 * squares: with this weight its 0.25 is ours.
 */
const VQ_COMMITMENT = (0.25 * 3072) / (2 * VQ_DIMENSION);

const TABULAR_COLUMNS = 32;
const tabularSpec: TableSpec = {
  kind: 'table',
  shape: [TABULAR_COLUMNS],
  dtype: 'float32',
  columns: Array.from({ length: TABULAR_COLUMNS }, (_, i) => ({
    name: `f${i}`,
    type: 'numeric',
    mean: 0,
    deviation: 1,
  })),
};

/** Rows that eight factors explain. */
function tabularRows(count: number): Samples {
  const factors = new RandomStream(1, 'bench factors').normal(new Float32Array(count * 8));
  const mix = new RandomStream(1, 'bench mix').normal(new Float32Array(8 * TABULAR_COLUMNS));
  const x = Float32Array.from({ length: count * TABULAR_COLUMNS }, (_, i) => {
    const [row, column] = [Math.floor(i / TABULAR_COLUMNS), i % TABULAR_COLUMNS];
    let sum = 0;
    for (let k = 0; k < 8; k++) sum += factors[row * 8 + k] * mix[k * TABULAR_COLUMNS + column];
    return Math.tanh(sum);
  });
  return { x };
}

const FRAMES = 20;
const JUMPS = { maxJump: 4, perBatch: false };
const BELIEF = 256;
const STATE = 32;

/** TD-VAE with one layer of the state. What is encoded is the belief at the end; what is decoded goes on from a state. */
const gruBelief = system({
  ...tdVae,
  name: 'bench-gru-belief',
  build: (data, options, scope) => {
    const { frame } = data;
    if (!frame) throw new Error('gru-belief: the data are no sequences');
    const { beliefs, believed, smoothed, moved, emitted } = tdNetworks(frame, options, scope);
    const atEnd = (x: Tensor) => {
      const [belief] = believed(
        beliefs(x)
          .sliceAlong(1, FRAMES - 1, FRAMES)
          .reshape([-1, BELIEF]),
      ).draw().conditionals;
      return belief;
    };
    return {
      codeShape: [STATE],
      objective({ x }) {
        const { earlier, later } = drawTimes(x.shape[0], FRAMES, JUMPS);
        const b = beliefs(x);
        const [b1, b2] = [atTimes(b, earlier), atTimes(b, later)];
        return jumpTerms({
          earlier: believed(b1),
          later: believed(b2),
          smoothing: (z2) => smoothed(concat(z2), b1, b2),
          transition: (z1) => moved(concat(z1)),
          nll: (z2) => emitted(concat(z2)).nll(atTimes(x, later)),
        });
      },
      encode: ({ x }) => atEnd(x).mean,
      posterior: ({ x }) => atEnd(x),
      decode(start) {
        const states: Tensor[] = [];
        let state = start;
        for (let t = 0; t < FRAMES; t++) {
          state = moved(state).rsample({ stream: `roll-out ${t}` });
          states.push(state);
        }
        const all = stack(states, 1).reshape([-1, STATE]);
        return emitted(all).mean.reshape([start.shape[0], FRAMES, ...frame.shape]);
      },
    };
  },
});

/** Blobs that drift to the right by a pixel a frame, and come back in at the left. */
function driftingBlobs(count: number): Samples {
  const side = 28;
  const { x: still } = blobs(side)(count);
  const x = new Uint8Array(count * FRAMES * side * side);
  for (let line = 0; line < count * FRAMES * side; line++) {
    const row = line % side;
    const t = Math.floor(line / side) % FRAMES;
    const sample = Math.floor(line / (side * FRAMES));
    const shades = still.subarray((sample * side + row) * side, (sample * side + row + 1) * side);
    const gone = t % side;
    x.set(shades.subarray(side - gone), line * side);
    x.set(shades.subarray(0, side - gone), line * side + gone);
  }
  return { x };
}

/** Indices as a smooth picture has them, in ten classes. */
function smoothIndices(count: number): Samples {
  const x = new Float32Array(count * SIDE * SIDE);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  return { x: fillSmooth(x, { size: SIDE, channels: 1, coarse: 4 }, (u) => Math.floor(u * INDICES)), labels };
}

export const benchCases: readonly BenchCase[] = [
  {
    name: 'mlp-vae',
    system: vae,
    options: { architecture: 'mlp', hidden: [400], latent: 20, logVarBound: 0 },
    spec: binary([28, 28, 1]),
    training: { batchSize: 100, learningRate: 1e-3 },
    samples: blobs(28),
  },
  {
    name: 'iwae',
    system: iwae,
    options: {
      k: 50,
      latent: 50,
      logVarBound: 0,
      encoder: sequential(flatten, linear(200), tanh, linear(200), tanh),
      decoder: sequential(linear(200), tanh, linear(200), tanh, linear(784), reshape([28, 28, 1])),
    },
    spec: binary([28, 28, 1]),
    training: { batchSize: 20, learningRate: 1e-3 },
    samples: blobs(28),
  },
  convVae64('conv-vae-64', [32, 32, 32, 32], [256, 256]),
  convVae64('conv-vae-64-wide', [32, 32, 64, 64], [256]),
  {
    name: 'conv-vae-celeba',
    system: vanillaVae,
    options: {},
    spec: { kind: 'image', shape: [64, 64, 3], dtype: 'float32', range: [0, 1] },
    training: { batchSize: 64, learningRate: 1e-3 },
    samples: (count) => {
      const x = new Float32Array(count * 64 * 64 * 3);
      return { x: fillSmooth(x, { size: 64, channels: 3, coarse: 8 }, (shade) => 2 * shade - 1) };
    },
  },
  {
    name: 'vq-vae',
    system: vqVae,
    options: {
      codes: 512,
      codeDimension: VQ_DIMENSION,
      channels: 128,
      blocks: 2,
      blockChannels: 32,
      decay: 0.99,
      restart: 0,
      start: 'normal',
      commitmentWeight: VQ_COMMITMENT,
      sigma: 'fixed',
      sigma0: Math.sqrt(VQ_VARIANCE),
    },
    spec: { kind: 'image', shape: [32, 32, 3], dtype: 'float32', range: [0, 1] },
    training: { batchSize: 32, learningRate: 3e-4 },
    samples: (count) => {
      const x = new Float32Array(count * 32 * 32 * 3);
      return { x: fillSmooth(x, { size: 32, channels: 3, coarse: 8 }, (shade) => shade - 0.5) };
    },
  },
  {
    name: 'tabular-ae',
    system: ae,
    options: {
      latent: 8,
      encoder: sequential(hidden(64), hidden(32)),
      decoder: sequential(hidden(32), hidden(64), linear(TABULAR_COLUMNS)),
    },
    spec: tabularSpec,
    training: { batchSize: 1024, learningRate: 1e-3 },
    samples: tabularRows,
  },
  {
    name: 'gru-belief',
    system: gruBelief,
    options: {
      latent: STATE,
      layers: 1,
      belief: BELIEF,
      cell: 'gru',
      gate: 128,
      logVarBound: 0,
      encoder: sequential(flatten, hidden(256), hidden(256), hidden(128)),
      decoder: sequential(hidden(256), hidden(256), linear(784), reshape([28, 28, 1])),
    },
    spec: sequenceOf(FRAMES, binary([28, 28, 1])),
    training: { batchSize: 64, learningRate: 5e-4 },
    samples: driftingBlobs,
  },
  {
    name: 'pixelcnn-prior',
    system: pixelcnnPrior,
    options: {},
    spec: {
      kind: 'table',
      shape: [SIDE * SIDE],
      dtype: 'float32',
      columns: Array.from({ length: SIDE * SIDE }, (_, i) => ({
        name: `index${i}`,
        type: 'numeric',
        mean: 0,
        deviation: 1,
      })),
    },
    training: { batchSize: 64, learningRate: 3e-4 },
    classes: CLASSES,
    samples: smoothIndices,
    decoder: drawMaps,
  },
];

export const benchNames: readonly string[] = benchCases.map(({ name }) => name);

/** @throws OptionError naming the nearest case there is */
export function requireCase(name: string): BenchCase {
  const bench = benchCases.find((each) => each.name === name);
  if (bench) return bench;
  const nearest = nearestName(name, benchNames);
  const remedy = nearest ? `did you mean '${nearest}'?` : `cases are ${benchNames.join(', ')}`;
  throw new OptionError('case', `there is no benchmark case '${name}'; ${remedy}`);
}
