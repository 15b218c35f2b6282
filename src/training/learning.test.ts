/** What training is for: systems that learn, and do what is said of them. */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import { evaluate } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';
import { betaVae, cvae, vae } from '../systems/index.js';
import { Training } from './index.js';

const [, onnx] = engines;

/** Three classes with middles of their own, spread along one direction and a little along all. */
function clusters(count: number): Toy {
  const middles = [
    [3, 0, 0, 1],
    [0, 3, 0, 1],
    [0, 0, 3, 1],
  ];
  const noise = new RandomStream(3, 'clusters').normal(new Float32Array(5 * count));
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const rows = labels.flatMap((label, i) =>
    middles[label].map((middle, j) => middle + 0.5 * noise[5 * i + 4] + 0.2 * noise[5 * i + j]),
  );
  return toy(numericTable(4), rows, labels);
}

test('a conditional VAE that is told wrong classes explains samples far worse', async () => {
  const data = clusters(90);
  const training = { batchSize: 30, steps: 500, learningRate: 0.01, patience: 0 };
  const options = { hidden: [16], latent: 1, sigma: 'fixed', sigma0: 0.3 };
  const model = await new Training(runOf(cvae, data, onnx.create(), { options, training })).finish();
  const { loss } = await evaluate(model.runner, data.source);
  const other = await evaluate(model.runner, data.source, { seed: 1 });
  const shuffled = {
    ...data.source,
    read: async (start: number, count: number) => {
      const { x, labels } = await data.source.read(start, count);
      return { x, labels: labels?.map((label) => (label + 1) % 3) };
    },
  };
  const misled = await evaluate(model.runner, shuffled);
  const noise = Math.abs(other.loss - loss);
  expect(misled.loss - loss).toBeGreaterThan(10 * noise);
  expect(misled.loss).toBeGreaterThan(loss + 5);
});

test('a conditional VAE leaves the class out of the code', async () => {
  const data = clusters(90);
  const training = { batchSize: 30, steps: 500, learningRate: 0.01, patience: 0 };
  const options = { hidden: [16], latent: 2, sigma: 'fixed', sigma0: 0.3 };
  const [plain, conditional] = [vae, cvae].map(
    (system) => new Training(runOf(system, data, onnx.create(), { options, training })),
  );
  const nats = async (run: Training) => (await evaluate((await run.finish()).runner, data.source)).terms.kl;
  // What is told need not be coded: about log 3 nats, and more as Gaussians code it.
  expect((await nats(plain)) - (await nats(conditional))).toBeGreaterThan(0.8);
});

test('fewer coordinates are in use the larger β is', async () => {
  const noise = new RandomStream(4, 'directions').normal(new Float32Array(64 * 4));
  const rows = Array.from({ length: 64 * 4 }, (_, i) => [3, 1.2, 0.5, 0.2][i % 4] * noise[i]);
  const data = toy(numericTable(4), rows);
  const active: number[] = [];
  for (const beta of [1, 4, 16, 64]) {
    const options = { hidden: [16], latent: 4, sigma: 'fixed', sigma0: 0.3, beta };
    const training = { batchSize: 64, steps: 600, learningRate: 0.01, patience: 0, seed: 1 };
    const model = await new Training(runOf(betaVae, data, onnx.create(), { options, training })).finish();
    active.push((await evaluate(model.runner, data.source)).latent?.activeUnits ?? Number.NaN);
  }
  expect(active).toEqual([...active].sort((a, b) => b - a));
  expect(active[0]).toBeGreaterThan(active[3]);
});

test('a convolutional VAE learns pictures of bars', async () => {
  // A bright column at one of eight places.
  const bars = Array.from({ length: 64 }, (_, n) =>
    Array.from({ length: 64 }, (_, i) => (i % 8 === n % 8 ? 255 : 0)),
  ).flat();
  const data = toy(pictures(8, 8, 1), bars);
  const options = { architecture: 'conv', channels: [8, 16], hidden: [32], latent: 2 };
  const training = { batchSize: 32, steps: 400, learningRate: 5e-3, evaluateEvery: 100, patience: 0 };
  const run = new Training(runOf(vae, data, onnx.create(), { options, training }));
  const model = await run.finish();
  const [first] = run.history;
  const { loss } = await evaluate(model.runner, data.source);
  // 64 · ln 2 nats at first; the eight places alone are worth log 8 = 2.08.
  expect(first.objective).toBeGreaterThan(40);
  expect(loss).toBeLessThan(8);
  const reconstructed = await model.reconstruct(data.samples);
  let wrong = 0;
  reconstructed.forEach((level, i) => {
    if (Math.abs(level - bars[i]) > 127) wrong++;
  });
  expect(wrong / bars.length).toBeLessThan(0.02);
});

test('every architecture learns with every normalisation and with dropout', async () => {
  const gradient = Array.from({ length: 32 }, (_, n) =>
    Array.from({ length: 63 }, (_, i) => ((i % 9) * 8 * n) % 256),
  ).flat();
  const data = toy(pictures(7, 9, 1), gradient);
  const networks: Record<string, unknown>[] = [
    { architecture: 'mlp' },
    { architecture: 'conv', channels: [4, 6] },
    { architecture: 'resnet', channels: [4, 6] },
  ];
  const extras: Record<string, unknown>[] = [
    { normalisation: 'none' },
    { normalisation: 'batch' },
    { normalisation: 'layer' },
    { normalisation: 'group' },
    { dropout: 0.1 },
  ];
  for (const network of networks) {
    for (const extra of extras) {
      const options = { ...network, ...extra, hidden: [12], latent: 2 };
      const training = { batchSize: 32, steps: 60, learningRate: 5e-3 };
      const run = new Training(runOf(vae, data, onnx.create(), { options, training }));
      const { loss } = await evaluate((await run.finish()).runner, data.source);
      expect(loss, JSON.stringify(options)).toBeLessThan(0.95 * run.history[0].objective);
    }
  }
});
