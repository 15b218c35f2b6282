/**
 * A training run: steps in chunks of one engine call, records, evaluations, checkpoints, the best weights, and what
 * happens when numbers stop being finite. It is an async iterable of events; whoever iterates decides the pace, and
 * between two events nothing moves.
 */

import { type Engine, initialValues } from '../engine/index.js';
import { evaluate, type SampleSource } from '../evaluation/index.js';
import { ModelRunner, TrainedModel } from '../inference/index.js';
import { VariableTable } from '../nn/index.js';
import type { DataDescription, System } from '../systems/index.js';
import { sizeOf, type TensorData, type Variable } from '../tensor/index.js';
import { BatchReader, type OrderedSamples } from './batches.js';
import type { Checkpoint, FinishReason, MetricsRecord, TrainingEvent } from './events.js';
import { inSteps, type TrainingOptions, totalSteps } from './options.js';
import { RunState } from './runState.js';
import { LEARNING_RATE_FACTOR, type TrainingStep, trainingStep } from './step.js';

export interface TrainingDefinition {
  readonly system: System;
  /** Options as the system's schema returns them. */
  readonly options: Record<string, unknown>;
  readonly data: DataDescription;
  readonly training: TrainingOptions;
  readonly engine: Engine;
  readonly trainingSamples: OrderedSamples;
  readonly validation?: SampleSource;
  /** Where to continue. */
  readonly resume?: Checkpoint & { readonly bestWeights?: ReadonlyMap<string, TensorData> };
  /** Asks for a checkpoint and an end, between two engine calls. */
  readonly signal?: AbortSignal;
}

const EVALUATIONS = 20;
/** Most validation samples to look at during training. */
const VALIDATION_LIMIT = 2048;
/** What one engine call should take: long enough to forget the call, short enough to stop soon. */
const CHUNK_SECONDS = 0.25;
const LARGEST_CHUNK = 256;
const CHUNK_BYTES = 32 * 2 ** 20;

export class Training implements AsyncIterable<TrainingEvent> {
  readonly history: MetricsRecord[] = [];
  readonly model: TrainedModel;
  readonly totalSteps: number;
  readonly #definition: TrainingDefinition;
  readonly #step: TrainingStep;
  readonly #events: AsyncGenerator<TrainingEvent, void>;

  /** @throws ShapeError, OptionError if the model cannot be built for this data */
  constructor(definition: TrainingDefinition) {
    const { training, data } = definition;
    const table = new VariableTable();
    this.#definition = definition;
    this.totalSteps = totalSteps(training, data.size);
    this.#step = trainingStep({ ...definition, totalSteps: this.totalSteps, table });
    this.model = new TrainedModel(new ModelRunner({ ...definition, table }));
    this.#events = this.#run(table);
  }

  [Symbol.asyncIterator](): AsyncIterator<TrainingEvent, void> {
    return this.#events;
  }

  /** Runs to the end, for those who want no events, and gives the model with its best weights. */
  async finish(): Promise<TrainedModel> {
    for await (const _ of this.#events);
    return this.model;
  }

  async *#run(table: VariableTable): AsyncGenerator<TrainingEvent, void> {
    const { engine, training, trainingSamples, validation, resume, signal, data } = this.#definition;
    const { state, weights, averages, program } = this.#step;
    const executable = await engine.compile(program);
    try {
      await engine.variables.write(resume?.variables ?? initialValues(state, training.seed));
      const run = new RunState(this.#step, training, this.totalSteps, data.size, resume?.progress);
      const validator = new ModelRunner({ ...this.#definition, table, replacements: averages });
      const plan = planOf(training, this.totalSteps);
      const reader = new BatchReader(trainingSamples, training.batchSize);
      let chunk = new ChunkSize(
        training.batchSize * sizeOf(data.spec.shape) * (data.spec.dtype === 'uint8' ? 1 : 4),
      );
      let best = resume?.bestWeights;
      let safe = resume?.variables ?? (await engine.variables.read(state.map(({ name }) => name)));
      const parameters = weights.reduce((sum, weight) => sum + weight.size, 0);
      yield { kind: 'start', totalSteps: this.totalSteps, firstStep: run.step, parameters };
      yield* warmupWarnings(training, this.totalSteps);
      let reason: FinishReason = 'steps';
      while (run.step < this.totalSteps) {
        if (signal?.aborted) {
          reason = 'aborted';
          break;
        }
        const next = Math.min(plan.next(run.step), this.totalSteps);
        const steps = Math.min(chunk.steps, next - run.step);
        const started = performance.now();
        const feeds = await reader.take(run.step, steps);
        const after = run.step + steps;
        if (after < this.totalSteps)
          reader.prepare(after, Math.min(chunk.steps, Math.min(plan.next(after), this.totalSteps) - after));
        const outputs = await executable.run(feeds, { steps, firstStep: run.step, seed: training.seed });
        const seconds = (performance.now() - started) / 1000;
        chunk = chunk.after(steps, seconds);
        yield* this.#recorded(run.take(outputs, steps, seconds));
        if (run.isLost) {
          await engine.variables.write(safe);
          await this.#slowDown(engine, run);
          yield { kind: 'warning', message: run.rollback() };
          continue;
        }
        if (plan.evaluates(run.step) && validation) {
          const evaluation = await evaluate(validator, validation, {
            seed: training.seed,
            limit: VALIDATION_LIMIT,
          });
          const isBest = run.judge(evaluation.objective);
          yield { kind: 'evaluation', ...evaluation, step: run.step, epoch: run.epoch, isBest };
          yield* run.collapseWarning(evaluation);
          if (isBest) {
            best = await this.#chosenWeights(engine, averages);
            yield { kind: 'best', step: run.step, objective: evaluation.objective, weights: best };
          }
        }
        const ended = run.hasLostPatience;
        if (plan.checkpoints(run.step) || ended) {
          yield* this.#recorded(run.closeWindow());
          safe = await engine.variables.read(state.map(({ name }) => name));
          yield { kind: 'checkpoint', progress: run.progress, variables: safe };
        }
        if (ended) {
          reason = 'patience';
          break;
        }
      }
      if (reason === 'aborted') {
        yield* this.#recorded(run.closeWindow());
        const variables = await engine.variables.read(state.map(({ name }) => name));
        yield { kind: 'checkpoint', progress: run.progress, variables };
      }
      await engine.variables.write(best ?? (await this.#chosenWeights(engine, averages)));
      await validator.dispose();
      yield {
        kind: 'finish',
        reason,
        step: run.step,
        seconds: run.seconds,
        samplesPerSecond: run.samplesPerSecond,
      };
    } finally {
      await executable.dispose();
    }
  }

  *#recorded(events: Iterable<TrainingEvent>): Generator<TrainingEvent> {
    for (const event of events) {
      if (event.kind === 'metrics') this.history.push(event);
      yield event;
    }
  }

  /** Weights as tools use them: averages under the names of what they average, and running statistics. */
  async #chosenWeights(
    engine: Engine,
    averages: ReadonlyMap<Variable, Variable>,
  ): Promise<Map<string, TensorData>> {
    const { table } = this.model.runner;
    const chosen = [...table.variables.values()].map((variable) => ({
      name: variable.name,
      source: averages.get(variable) ?? variable,
    }));
    const values = await engine.variables.read(chosen.map(({ source }) => source.name));
    return new Map(
      chosen.flatMap(({ name, source }) => {
        const value = values.get(source.name);
        return value ? [[name, value] as const] : [];
      }),
    );
  }

  async #slowDown(engine: Engine, run: RunState): Promise<void> {
    await engine.variables.write(
      new Map([[LEARNING_RATE_FACTOR, Float32Array.of(0.5 ** (run.progress.rollbacks + 1))]]),
    );
  }
}

/** Which steps end with an evaluation or a checkpoint. */
function planOf({ evaluateEvery, checkpointEvery }: TrainingOptions, total: number) {
  const evaluation = evaluateEvery ?? Math.max(1, Math.ceil(total / EVALUATIONS));
  const checkpoint = checkpointEvery ?? evaluation;
  const multipleAfter = (step: number, every: number) => (Math.floor(step / every) + 1) * every;
  return {
    next: (step: number) => Math.min(multipleAfter(step, evaluation), multipleAfter(step, checkpoint)),
    evaluates: (step: number) => step % evaluation === 0 || step === total,
    checkpoints: (step: number) => step % checkpoint === 0 || step === total,
  };
}

function* warmupWarnings({ klWarmup, warmup }: TrainingOptions, total: number): Generator<TrainingEvent> {
  for (const [name, value] of Object.entries({ 'kl-warmup': klWarmup, warmup })) {
    const rise = inSteps(value, total);
    if (rise >= total && rise > 0) {
      yield {
        kind: 'warning',
        message: `the run of ${total} steps ends before its ${name} of ${rise} steps; train longer or shorten it`,
      };
    }
  }
}

/** Steps per engine call, from how long the calls before took. */
class ChunkSize {
  constructor(
    readonly bytesPerStep: number,
    readonly steps = 1,
  ) {}

  after(steps: number, seconds: number): ChunkSize {
    const wanted = (CHUNK_SECONDS / Math.max(seconds, 1e-6)) * steps;
    const bounded = Math.min(wanted, 4 * this.steps, LARGEST_CHUNK, CHUNK_BYTES / this.bytesPerStep);
    return new ChunkSize(this.bytesPerStep, Math.max(1, Math.floor(bounded)));
  }
}
