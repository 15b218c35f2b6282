/**
 * Six systems with linear networks on one table: each should end at the maximum likelihood of probabilistic PCA.
 *
 *   node reproductions/linear-vae/run.js [--steps 2]
 */
import { parseArgs } from 'node:util';
import { evaluate, fromTable, prepareData, RandomStream } from 'vaekit';
import { linear } from 'vaekit/nn';
import { version } from 'vaekit/node';
import { betaVae, cmma, cvae, hierarchicalVae, iwae, vae } from 'vaekit/systems';
import { print } from '../record.js';
import { trained } from '../trained.js';

const { values: flags } = parseArgs({ options: { steps: { type: 'string', default: '2000' } } });
const steps = Number(flags.steps);
const ROWS = 600;
const D = 5;
/** Numbers in a code. */
const K = 2;
const SEED = 0;
/** Evaluations of the bound, each with one draw of the code for every row. */
const EVALUATIONS = 100;

const systems = [
  { system: vae, options: { latent: K } },
  { system: betaVae, options: { latent: K, beta: 1 } },
  { system: iwae, options: { latent: K, k: 1 } },
  { system: cvae, options: { latent: K, prior: 'standard' } },
  { system: cmma, options: { latent: K, priorHidden: [] } },
  { system: hierarchicalVae, options: { latents: [K], warmupSteps: 0 } },
];

/** Rows x = A z + ½ ε with z of K numbers, and one class for all. */
function table() {
  const normal = (name, count) => new RandomStream(SEED, name).normal(new Float32Array(count));
  const [mixing, codes] = [normal('mixing', D * K), normal('codes', ROWS * K)];
  const values = normal('noise', ROWS * D).map((noise, at) => {
    const [n, i] = [Math.floor(at / D), at % D];
    let x = 0.5 * noise;
    for (let j = 0; j < K; j++) x += mixing[i * K + j] * codes[n * K + j];
    return x;
  });
  const names = Array.from({ length: D }, (_, i) => `x${i}`);
  return fromTable(values, names, { name: 'mixed', labels: new Int32Array(ROWS), classes: ['all'] });
}

/**
 * The mean −log p(x) of probabilistic PCA at its maximum, by the covariance's eigenvalues λ in falling order:
 *
 *   ½ (D log 2π + Σ_{i≤K} log λ_i + (D − K) log σ² + D),   σ² the mean of the last D − K
 *
 * Tipping & Bishop 1999, eq. 4 and 8.
 */
function maximumLikelihood(eigenvalues) {
  const sorted = [...eigenvalues].sort((a, b) => b - a);
  const variance = sorted.slice(K).reduce((sum, value) => sum + value, 0) / (D - K);
  const logs = sorted.slice(0, K).reduce((sum, value) => sum + Math.log(value), 0);
  const nats = 0.5 * (D * Math.log(2 * Math.PI) + logs + (D - K) * Math.log(variance) + D);
  return { eigenvalues: sorted, variance, nats };
}

/** Correlations of the columns: models see standard scores. */
function correlations(x) {
  const columns = Array.from({ length: D }, (_, i) => x.filter((_, at) => at % D === i));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const scores = columns.map((values) => {
    const centred = Float64Array.from(values, (value) => value - mean(values));
    const deviation = Math.sqrt(mean(centred.map((value) => value ** 2)));
    return centred.map((value) => value / deviation);
  });
  return scores.map((a) => scores.map((b) => mean(a.map((value, n) => value * b[n]))));
}

/** Of a symmetric matrix, by rotations that take one entry off the diagonal each. Jacobi 1846. */
function eigenvaluesOf(matrix) {
  const a = matrix.map((row) => [...row]);
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < D; p++)
      for (let q = p + 1; q < D; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of a) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
        const [above, below] = [a[p], a[q]];
        a[p] = above.map((value, i) => c * value - s * below[i]);
        a[q] = above.map((value, i) => s * value + c * below[i]);
      }
  return a.map((row, i) => row[i]);
}

/** −ELBO and the standard error that the draws leave it. */
async function negativeBound({ model, part }) {
  const losses = [];
  for (let seed = 0; seed < EVALUATIONS; seed++)
    losses.push((await evaluate(model.runner, part, { seed })).loss);
  const nats = losses.reduce((sum, loss) => sum + loss, 0) / EVALUATIONS;
  const squares = losses.reduce((sum, loss) => sum + (loss - nats) ** 2, 0);
  return { nats, standardError: Math.sqrt(squares / (EVALUATIONS - 1) / EVALUATIONS) };
}

const data = table();
const { source, split } = await prepareData(data);
const { x } = await source(split.train).read(0, split.train.size);
const maximum = maximumLikelihood(eigenvaluesOf(correlations(x)));
const networks = { encoder: () => (t) => t, decoder: linear(D) };
const runs = [];
for (const { system, options } of systems) {
  const request = {
    system,
    data,
    options: { ...networks, ...options, likelihood: 'gaussian', sigma: 'shared', logVarBound: 0 },
    training: { steps, batchSize: split.train.size, learningRate: 0.02, schedule: 'cosine', seed: SEED },
  };
  const { nats, standardError } = await trained(request, negativeBound);
  runs.push({ system: system.name, options, nats, standardError, aboveMaximum: nats - maximum.nats });
}
const made = { vaekit: version, engine: 'native, 1 thread', seed: SEED, steps };
print(runs, { ...made, trainingRows: split.train.size, maximum });
