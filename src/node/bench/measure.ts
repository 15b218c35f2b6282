/**
 * Measures one benchmark case in this process: training in windows of half a second, encoding, decoding, memory, and the
 * time from the start of the process to its first finished step. The fields are those that the PyTorch side prints.
 */
import type { Samples } from '../../data/index.js';
import { type Engine, type Executable, type Feeds, type Fetches, initialValues } from '../../engine/index.js';
import { ModelRunner } from '../../inference/index.js';
import { VariableTable } from '../../nn/index.js';
import { DiagonalNormal } from '../../probability/index.js';
import { RandomStream } from '../../random/index.js';
import { type Batch, describeData, toWeighted } from '../../systems/index.js';
import { input, Program, sizeOf, type TensorData } from '../../tensor/index.js';
import { trainingOptions, trainingStages } from '../../training/index.js';
import { type EngineOptions, openEngine } from '../engines.js';
import type { BenchCase, BenchDecoder } from './cases.js';
import { countFlops } from './flops.js';

export interface Rates {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly windows: number;
  readonly unit: 'samples/s';
}

export interface BenchResult {
  readonly case: string;
  readonly engine: string;
  readonly threads: number;
  readonly params: number;
  readonly batch: number;
  readonly flops_forward_per_sample: number;
  readonly flops_train_per_sample: number;
  readonly train: Rates & {
    readonly gflops_median: number;
    readonly gflops_max: number;
    readonly ms_per_step: number;
    readonly ms_per_step_best: number;
  };
  readonly encode_b256: Rates;
  readonly encode_b1: {
    readonly latency_us: number;
    readonly latency_us_best: number;
    readonly latency_us_worst: number;
    readonly windows: number;
  };
  readonly decode: Rates & { readonly batch: number };
  readonly peak_rss_train_mib: number;
  readonly rss_after_import_mib: number;
  readonly import_s: number;
  readonly first_step_s: number;
  readonly last_loss: number;
}

/** Prepared batches, used in turn. */
const POOL = 8;
const INFERENCE_BATCH = 256;
const WINDOW_SECONDS = 0.5;
const INFERENCE_WINDOW_SECONDS = 0.25;
const CALL_SECONDS = 0.1;

export interface MeasureOptions extends EngineOptions {
  /** Training time; each inference figure gets a quarter of it. */
  readonly seconds: number;
}

const sinceStart = () => performance.now() / 1000;
const peakMib = () => process.resourceUsage().maxRSS / 1024;

export async function measureCase(
  bench: BenchCase,
  { seconds, ...engineOptions }: MeasureOptions,
): Promise<BenchResult> {
  const imported = { import_s: sinceStart(), rss_after_import_mib: peakMib() };
  const engine = await openEngine(engineOptions);
  try {
    const { training, options, data, table, step } = buildStep(bench);
    const executable = await engine.compile(step.program);
    // One by one, so that no second copy of all of them is held.
    for (const variable of step.state) await engine.variables.write(initialValues([variable], 0));
    const { batchSize } = training;
    await new Trainer(executable, bench.samples(batchSize), 1).run(1);
    const first_step_s = sinceStart();
    const trainer = new Trainer(executable, bench.samples(POOL * batchSize), POOL);
    const rates = await trainer.windows(seconds, batchSize);
    const peak = peakMib();
    const runner = new ModelRunner({ engine, system: bench.system, options, data, table });
    const params = step.weights.reduce((sum, weight) => sum + weight.size, 0);
    const flops_train_per_sample = countFlops(step.program) / batchSize;
    const flops_forward_per_sample = countFlops(forwardProgram(runner)) / INFERENCE_BATCH;
    const share = seconds / 4;
    const decoder = await (bench.decoder ?? decoderOf)(engine, runner);
    const single = await inferenceRates(await encoderOf(engine, runner, bench, 1), 1, share);
    return {
      case: bench.name,
      engine: engine.info.runtime ?? engine.name,
      threads: engine.info.threads,
      params,
      batch: batchSize,
      flops_forward_per_sample,
      flops_train_per_sample,
      train: {
        ...rates,
        gflops_median: round((rates.median * flops_train_per_sample) / 1e9),
        gflops_max: round((rates.max * flops_train_per_sample) / 1e9),
        ms_per_step: round((1000 * batchSize) / rates.median, 3),
        ms_per_step_best: round((1000 * batchSize) / rates.max, 3),
      },
      encode_b256: await inferenceRates(
        await encoderOf(engine, runner, bench, INFERENCE_BATCH),
        INFERENCE_BATCH,
        share,
      ),
      encode_b1: {
        latency_us: round(1e6 / single.median),
        latency_us_best: round(1e6 / single.max),
        latency_us_worst: round(1e6 / single.min),
        windows: single.windows,
      },
      decode: { ...(await inferenceRates(decoder.call, decoder.batch, share)), batch: decoder.batch },
      peak_rss_train_mib: round(peak),
      rss_after_import_mib: round(imported.rss_after_import_mib),
      import_s: round(imported.import_s, 3),
      first_step_s: round(first_step_s, 3),
      last_loss: round(trainer.lastLoss, 4),
    };
  } finally {
    await engine.dispose();
  }
}

/** The training step of a case. */
export function buildStep({ system, spec, classes = 0, ...bench }: BenchCase) {
  const training = trainingOptions.parse(bench.training);
  const options = system.options.parse(bench.options);
  const data = describeData(spec, { classes, size: POOL * training.batchSize });
  const table = new VariableTable();
  const { stages, state } = trainingStages({ system, options, data, training, totalSteps: 1e6, table });
  const step = { ...stages[0], state };
  return { training, options, data, table, step };
}

/** Training steps over a pool of batches, as many per call as a tenth of a second holds. */
class Trainer {
  lastLoss = Number.NaN;
  readonly #copies: Record<string, TensorData> = {};
  #done = 0;
  #stepsPerCall = 1;
  readonly #pool: Readonly<Record<string, TensorData>>;

  constructor(
    readonly executable: Executable,
    { x, labels }: Samples,
    /** Batches of those samples. */
    readonly batches: number,
  ) {
    this.#pool = labels ? { x, labels } : { x };
  }

  async run(steps: number): Promise<void> {
    const feeds: Record<string, TensorData> = {};
    for (const name of Object.keys(this.#pool)) feeds[name] = this.#feed(name, steps);
    const { objective } = await this.executable.run(feeds, { steps, firstStep: this.#done });
    this.#done += steps;
    this.lastLoss = objective[steps - 1];
  }

  /** The pool's next batches: as they lie in it, or copied where they begin anew. */
  #feed(name: string, steps: number): TensorData {
    const pool = this.#pool[name];
    const length = pool.length / this.batches;
    const first = this.#done % this.batches;
    if (first + steps <= this.batches) return pool.subarray(first * length, (first + steps) * length);
    const isOfLength = this.#copies[name]?.length === steps * length;
    const copy = isOfLength ? this.#copies[name] : ofLength(pool, steps * length);
    this.#copies[name] = copy;
    for (let k = 0; k < steps; k++) {
      const batch = (first + k) % this.batches;
      copy.set(pool.subarray(batch * length, (batch + 1) * length), k * length);
    }
    return copy;
  }

  async windows(seconds: number, batchSize: number): Promise<Rates> {
    await this.#settle();
    return measureWindows(seconds, WINDOW_SECONDS, async () => {
      await this.run(this.#stepsPerCall);
      return this.#stepsPerCall * batchSize;
    });
  }

  /** Finds how many steps a call should have. */
  async #settle(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      const started = performance.now();
      await this.run(this.#stepsPerCall);
      const seconds = (performance.now() - started) / 1000;
      this.#stepsPerCall = Math.max(
        1,
        Math.min(64, 4 * this.#stepsPerCall, Math.floor((CALL_SECONDS / seconds) * this.#stepsPerCall)),
      );
    }
  }
}

function ofLength(pool: TensorData, length: number): TensorData {
  if (pool instanceof Uint8Array) return new Uint8Array(length);
  return pool instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
}

async function measureWindows(seconds: number, window: number, call: () => Promise<number>): Promise<Rates> {
  const rates: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (rates.length < 5 || performance.now() < end) {
    const started = performance.now();
    let samples = 0;
    do samples += await call();
    while (performance.now() - started < 1000 * window);
    rates.push((1000 * samples) / (performance.now() - started));
  }
  const sorted = rates.sort((a, b) => a - b);
  return {
    median: round(sorted[Math.floor(sorted.length / 2)]),
    min: round(sorted[0]),
    max: round(sorted[sorted.length - 1]),
    windows: sorted.length,
    unit: 'samples/s',
  };
}

async function inferenceRates(call: () => Promise<unknown>, batch: number, seconds: number): Promise<Rates> {
  for (let i = 0; i < 3; i++) await call();
  return measureWindows(seconds, INFERENCE_WINDOW_SECONDS, async () => {
    await call();
    return batch;
  });
}

function labelsOf({ data }: ModelRunner, batch: number): Pick<Batch, 'labels'> {
  return data.classes > 0 ? { labels: input('labels', [batch], 'int32') } : {};
}

function encodeProgram(runner: ModelRunner, batch: number): Program {
  const { spec } = runner.data;
  const model = runner.build();
  const x = runner.data.toModel(input('x', [batch, ...spec.shape], spec.dtype));
  const sample = { x, ...labelsOf(runner, batch) };
  // Of codes that are made of indices, these: the other side's encoder looks nothing up.
  if (model.discrete) {
    const indices = model.discrete.indices(sample);
    return new Program({ outputs: Object.fromEntries(indices.map((each, m) => [`indices ${m}`, each])) });
  }
  const q = model.posterior?.(sample);
  return new Program({
    outputs:
      q instanceof DiagonalNormal ? { mean: q.mean, logVar: q.logVar } : { code: model.encode(sample) },
  });
}

function decodeProgram(runner: ModelRunner): Program {
  const model = runner.build();
  const { discrete } = model;
  const code = discrete
    ? discrete.lookup(
        discrete.maps.map(({ shape }, m) => input(`indices ${m}`, [INFERENCE_BATCH, ...shape], 'int32')),
      )
    : input('code', [INFERENCE_BATCH, ...model.codeShape]);
  return new Program({ outputs: { x: model.decode(code) } });
}

/** Encoder and decoder once, as one evaluation of the loss runs them. */
function forwardProgram(runner: ModelRunner): Program {
  const model = runner.build();
  const { spec } = runner.data;
  const x = runner.data.toModel(input('x', [INFERENCE_BATCH, ...spec.shape], spec.dtype));
  return new Program({
    outputs: Object.fromEntries(
      Object.entries(model.objective({ x, ...labelsOf(runner, INFERENCE_BATCH) })).map(([name, term]) => [
        name,
        toWeighted(term).value,
      ]),
    ),
  });
}

async function encoderOf(
  engine: Engine,
  runner: ModelRunner,
  bench: BenchCase,
  batch: number,
): Promise<() => Promise<unknown>> {
  const executable = await engine.compile(encodeProgram(runner, batch));
  const feeds: Feeds = { ...bench.samples(batch) };
  return again(executable, feeds);
}

async function decoderOf(engine: Engine, runner: ModelRunner): Promise<BenchDecoder> {
  const executable = await engine.compile(decodeProgram(runner));
  const { codeShape, discrete } = runner.build();
  const uniform = (length: number) => new RandomStream(2, 'bench codes').uniform(new Float32Array(length));
  const feeds: Feeds = discrete
    ? Object.fromEntries(
        discrete.maps.map(({ shape, size }, m) => [
          `indices ${m}`,
          Int32Array.from(uniform(INFERENCE_BATCH * sizeOf(shape)), (u) => Math.floor(u * size)),
        ]),
      )
    : {
        code: new RandomStream(2, 'bench codes').normal(
          new Float32Array(INFERENCE_BATCH * sizeOf(codeShape)),
        ),
      };
  return { batch: INFERENCE_BATCH, call: again(executable, feeds) };
}

/** Runs an executable, each time into the arrays of the time before, as the other side reuses its memory. */
function again(executable: Executable, feeds: Feeds): () => Promise<Fetches> {
  let into: Fetches | undefined;
  return async () => {
    into = await executable.run(feeds, { into });
    return into;
  };
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
