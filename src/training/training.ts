/**
 * A training run: steps in chunks of one engine call, records, evaluations, checkpoints, the best weights, and what
 * happens when numbers stop being finite. It is an async iterable of events; whoever iterates decides the pace, and
 * between two events nothing moves.
 */
import { type Engine, type Executable, initialValues } from '../engine/index.js';
import { evaluate, type SampleSource } from '../evaluation/index.js';
import { type ModelDefinition, ModelRunner, TrainedModel } from '../inference/index.js';
import { VariableTable } from '../nn/index.js';
import type { TensorData, Variable } from '../tensor/index.js';
import { BatchReader, type OrderedSamples } from './batches.js';
import { ChunkSize } from './chunks.js';
import type { Checkpoint, FinishReason, MetricsRecord, TrainingEvent, Variables } from './events.js';
import { type TrainingOptions, totalSteps } from './options.js';
import { Plan } from './plan.js';
import { requireTrainable } from './requirements.js';
import { RunState } from './runState.js';
import { LEARNING_RATE_FACTOR, type TrainingStep, trainingStep } from './step.js';
import { collapseWarning, warmupWarnings } from './warnings.js';

export interface TrainingDefinition extends ModelDefinition {
  readonly training: TrainingOptions;
  /** It keeps the variables of this run, and should keep no other's. */
  readonly engine: Engine;
  readonly trainingSamples: OrderedSamples;
  readonly validation?: SampleSource;
  /** Where to continue. `bestWeights` are those of the last `best` event, if there was one. */
  readonly resume?: Checkpoint & { readonly bestWeights?: Variables };
  /** Asks for a checkpoint and an end, between two engine calls. */
  readonly signal?: AbortSignal;
}

/** Most validation samples to look at during training. */
const VALIDATION_LIMIT = 2048;

export class Training implements AsyncIterable<TrainingEvent> {
  /** Records of this session. */
  readonly history: MetricsRecord[] = [];
  /** The model with the weights that the engine holds now: in the end, the best ones. */
  readonly model: TrainedModel;
  readonly totalSteps: number;
  readonly #definition: TrainingDefinition;
  readonly #step: TrainingStep;
  readonly #run: RunState;
  readonly #plan: Plan;
  readonly #reader: BatchReader;
  readonly #chunk: ChunkSize;
  /** The model as evaluation sees it, with averages in the place of weights. */
  readonly #validator: ModelRunner;
  readonly #events: AsyncGenerator<TrainingEvent, void>;
  /** Weights that did best on the validation part. */
  #best: Variables | undefined;
  /** Everything as it was when the run was last in order. */
  #safe: Variables;
  /** Step of the last checkpoint. */
  #saved: number | undefined;
  #warnedOfCollapse = false;
  #executable: Promise<Executable> | undefined;

  /** @throws ShapeError, OptionError if the model cannot be built for this data, or not trained with these options */
  constructor(definition: TrainingDefinition) {
    requireTrainable(definition);
    const { training, data, trainingSamples, resume } = definition;
    const table = new VariableTable();
    this.#definition = definition;
    this.totalSteps = totalSteps(training, data.size);
    this.#step = trainingStep({ ...definition, totalSteps: this.totalSteps, table });
    this.model = new TrainedModel(new ModelRunner({ ...definition, table }));
    this.#validator = new ModelRunner({ ...definition, table, replacements: this.#step.averages });
    this.#run = new RunState(
      { trainingStep: this.#step, training, totalSteps: this.totalSteps, size: data.size },
      resume?.progress,
    );
    this.#plan = new Plan(training, this.totalSteps);
    this.#reader = new BatchReader(trainingSamples, training.batchSize);
    this.#chunk = new ChunkSize(this.#step.program);
    this.#best = resume?.bestWeights;
    this.#safe = resume?.variables ?? initialValues(this.#step.state, training.seed);
    this.#saved = resume?.progress.step;
    if (resume?.progress.best && !resume.bestWeights) {
      throw new Error(
        `resume: the weights that were best, at step ${resume.progress.best.step}, are missing; give them as bestWeights`,
      );
    }
    this.#events = this.#record(this.#steps());
  }

  /** Variables that a checkpoint keeps. */
  get state(): readonly Variable[] {
    return this.#step.state;
  }

  /**
   * Compiles the step, which otherwise happens before the first event.
   *
   * @throws Error if the engine cannot take it, as for want of memory
   */
  async prepare(): Promise<void> {
    await this.#compiled();
  }

  [Symbol.asyncIterator](): AsyncIterator<TrainingEvent, void> {
    return this.#events;
  }

  /** Runs to the end, for those who want no events, and gives the model with its best weights. */
  async finish(): Promise<TrainedModel> {
    for await (const _ of this.#events);
    return this.model;
  }

  #compiled(): Promise<Executable> {
    this.#executable ??= this.#definition.engine.compile(this.#step.program);
    return this.#executable;
  }

  async *#record(events: AsyncIterable<TrainingEvent>): AsyncGenerator<TrainingEvent, void> {
    for await (const event of events) {
      if (event.kind === 'metrics') this.history.push(event);
      yield event;
    }
  }

  async *#steps(): AsyncGenerator<TrainingEvent, void> {
    const { engine, training, signal } = this.#definition;
    const run = this.#run;
    const executable = await this.#compiled();
    try {
      await engine.variables.write(this.#safe);
      const parameters = this.#step.weights.reduce((sum, weight) => sum + weight.size, 0);
      yield { kind: 'start', totalSteps: this.totalSteps, firstStep: run.step, parameters };
      for (const message of warmupWarnings(training, this.totalSteps)) yield { kind: 'warning', message };
      while (!run.isOver && !signal?.aborted) {
        yield* this.#nextChunk(executable);
        if (run.isLost) {
          yield await this.#goBack();
          continue;
        }
        if (this.#plan.evaluates(run.step)) yield* this.#evaluate();
        if (this.#plan.checkpoints(run.step) && !run.isInTrouble) yield* this.#checkpoint();
      }
      if (this.#saved !== run.step && (run.isOver || !run.isInTrouble)) yield* this.#checkpoint();
      await engine.variables.write(this.#best ?? (await this.#weights()));
      const { step, seconds, samplesPerSecond } = run;
      yield { kind: 'finish', reason: this.#reason, step, seconds, samplesPerSecond };
    } finally {
      await executable.dispose();
      await this.#validator.dispose();
    }
  }

  async *#nextChunk(executable: Executable): AsyncGenerator<TrainingEvent> {
    const { training } = this.#definition;
    const run = this.#run;
    const until = (step: number) => Math.min(this.#chunk.steps, this.#plan.next(step) - step);
    const firstStep = run.step;
    const started = performance.now();
    const { feeds, steps } = await this.#reader.take(firstStep, until(firstStep));
    const after = firstStep + steps;
    if (after < this.totalSteps) this.#reader.prepare(after, until(after));
    const outputs = await executable.run(feeds, { steps, firstStep, seed: training.seed });
    const seconds = (performance.now() - started) / 1000;
    this.#chunk.adapt(steps, seconds);
    yield* run.take(outputs, steps, seconds);
  }

  async *#evaluate(): AsyncGenerator<TrainingEvent> {
    const { validation, training } = this.#definition;
    if (!validation) return;
    const run = this.#run;
    const { step, epoch } = run;
    const evaluation = await evaluate(this.#validator, validation, {
      seed: training.seed,
      limit: VALIDATION_LIMIT,
    });
    const isBest = run.judge(evaluation.objective);
    yield { kind: 'evaluation', ...evaluation, step, epoch, isBest };
    const message = collapseWarning(evaluation);
    // Early on, a code that carries nothing yet is nothing to worry about.
    if (message && !this.#warnedOfCollapse && !run.isWarmingUp && step >= this.totalSteps / 4) {
      this.#warnedOfCollapse = true;
      yield { kind: 'warning', message };
    }
    if (!isBest) return;
    this.#best = await this.#weights();
    yield { kind: 'best', step, objective: evaluation.objective, weights: this.#best };
  }

  async *#checkpoint(): AsyncGenerator<TrainingEvent> {
    const { engine } = this.#definition;
    yield* this.#run.closeWindow();
    const variables = await engine.variables.read(this.#step.state.map(({ name }) => name));
    this.#safe = variables;
    this.#saved = this.#run.step;
    yield { kind: 'checkpoint', progress: this.#run.progress, variables };
  }

  /** @throws DivergenceError when it has happened too often; the engine then holds the best weights */
  async #goBack(): Promise<TrainingEvent> {
    const { engine } = this.#definition;
    await engine.variables.write(this.#best ?? this.#safe);
    const { factor, message } = this.#run.goBack();
    await engine.variables.write(new Map([...this.#safe, [LEARNING_RATE_FACTOR, Float32Array.of(factor)]]));
    return { kind: 'warning', message };
  }

  /** Weights as tools use them: averages under the names of what they average, and running statistics. */
  async #weights(): Promise<Variables> {
    const { engine } = this.#definition;
    const sources = new Map<string, string>();
    for (const variable of this.model.runner.table.variables.values())
      sources.set(variable.name, (this.#step.averages.get(variable) ?? variable).name);
    const values = await engine.variables.read(sources.values());
    const weights = new Map<string, TensorData>();
    for (const [name, source] of sources) {
      const value = values.get(source);
      if (value) weights.set(name, value);
    }
    return weights;
  }

  get #reason(): FinishReason {
    if (this.#run.step >= this.totalSteps) return 'steps';
    return this.#run.hasLostPatience ? 'patience' : 'aborted';
  }
}
