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
import { LEARNING_RATE_FACTOR } from './outputs.js';
import { Plan } from './plan.js';
import { requireTrainable } from './requirements.js';
import { RunState } from './runState.js';
import { startValues } from './startValues.js';
import { type StageStep, stageAt, type TrainingStages, trainingStages } from './step.js';
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

/** What a run needs for the stage that it is in. */
interface CurrentStage {
  readonly stage: StageStep;
  readonly executable: Executable;
  readonly chunk: ChunkSize;
  /** For each weight that has been moved so far its average, where averages are kept. */
  readonly averages: ReadonlyMap<Variable, Variable>;
  /** The model as evaluation sees it, with averages in the place of weights. */
  readonly validator: ModelRunner;
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
  readonly #stages: TrainingStages;
  readonly #run: RunState;
  readonly #plan: Plan;
  readonly #reader: BatchReader;
  readonly #events: AsyncGenerator<TrainingEvent, void>;
  /** Weights that did best on the validation part. */
  #best: Variables | undefined;
  /** Everything as it was when the run was last in order. */
  #safe: Variables;
  /** Step of the last checkpoint. */
  #saved: number | undefined;
  #warnedOfCollapse = false;
  #warnedOfRunaway = false;
  /** What belongs to the stage that the run is in. */
  #current: CurrentStage | undefined;

  /** @throws ShapeError, OptionError if the model cannot be built for this data, or not trained with these options */
  constructor(definition: TrainingDefinition) {
    requireTrainable(definition);
    const { training, data, trainingSamples, resume } = definition;
    const table = new VariableTable();
    this.#definition = definition;
    this.totalSteps = totalSteps(training, data.size);
    this.#stages = trainingStages({ ...definition, totalSteps: this.totalSteps, table });
    this.model = new TrainedModel(new ModelRunner({ ...definition, table }));
    this.#run = new RunState(
      { stages: this.#stages, training, totalSteps: this.totalSteps, size: data.size },
      resume?.progress,
    );
    this.#plan = new Plan(
      training,
      this.totalSteps,
      this.#stages.stages.map(({ end }) => end),
    );
    this.#reader = new BatchReader(trainingSamples, this.#stages.samplesPerStep);
    this.#best = resume?.bestWeights;
    this.#safe = resume?.variables ?? initialValues(this.#stages.state, training.seed);
    this.#saved = resume?.progress.step;
    if (resume?.progress.best && !resume.bestWeights) {
      throw new Error(
        `resume: the weights that were best, at step ${resume.progress.best.step}, are missing; give them as bestWeights`,
      );
    }
    this.#events = this.#record(this.#steps());
  }

  /** Whether no step can be told to be the best, and the last weights are kept. */
  get isGame(): boolean {
    return this.#stages.isGame;
  }

  /** Variables that a checkpoint keeps. */
  get state(): readonly Variable[] {
    return this.#stages.state;
  }

  /**
   * Compiles the step, which otherwise happens before the first event.
   *
   * @throws Error if the engine cannot take it, or that of a later stage, as for want of memory
   */
  async prepare(): Promise<void> {
    const { engine } = this.#definition;
    const present = stageAt(this.#stages, this.#run.step);
    for (const { program, firstStep } of this.#stages.stages)
      if (firstStep >= present.end) await (await engine.compile(program)).dispose();
    await this.#enter(present);
  }

  [Symbol.asyncIterator](): AsyncIterator<TrainingEvent, void> {
    return this.#events;
  }

  /** Runs to the end, for those who want no events, and gives the model with its best weights. */
  async finish(): Promise<TrainedModel> {
    for await (const _ of this.#events);
    return this.model;
  }

  /** Compiles what a stage needs, and lets go of what the one before needed. */
  async #enter(stage: StageStep): Promise<CurrentStage> {
    if (this.#current?.stage === stage) return this.#current;
    await this.#leave();
    const { engine } = this.#definition;
    // Averages of weights that no stage has moved yet do not exist.
    const reached = this.#stages.stages.filter(({ firstStep }) => firstStep <= stage.firstStep);
    const averages = new Map(reached.flatMap(({ averages }) => [...averages]));
    const { table } = this.model.runner;
    this.#current = {
      stage,
      averages,
      executable: await engine.compile(stage.program),
      chunk: new ChunkSize(stage.program),
      validator: new ModelRunner({ ...this.#definition, table, replacements: averages }),
    };
    return this.#current;
  }

  async #leave(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.executable.dispose();
    await current?.validator.dispose();
  }

  async *#record(events: AsyncIterable<TrainingEvent>): AsyncGenerator<TrainingEvent, void> {
    for await (const event of events) {
      if (event.kind === 'metrics') this.history.push(event);
      yield event;
    }
  }

  async *#steps(): AsyncGenerator<TrainingEvent, void> {
    const { engine, training, signal, resume } = this.#definition;
    const run = this.#run;
    await this.#enter(stageAt(this.#stages, run.step));
    try {
      await engine.variables.write(this.#safe);
      if (!resume) await this.#startFromData();
      const parameters = this.#stages.weights.reduce((sum, weight) => sum + weight.size, 0);
      yield { kind: 'start', totalSteps: this.totalSteps, firstStep: run.step, parameters };
      for (const message of warmupWarnings(training, this.totalSteps, this.#stages.ramps))
        yield { kind: 'warning', message };
      while (!run.isOver && !signal?.aborted) {
        yield* this.#nextChunk(await this.#enter(stageAt(this.#stages, run.step)));
        if (run.isLost) {
          yield await this.#goBack();
          continue;
        }
        if (this.#plan.evaluates(run.step)) yield* this.#evaluate();
        if (this.#plan.checkpoints(run.step) && !run.isInTrouble) yield* this.#checkpoint();
      }
      if (this.#saved !== run.step && (run.isOver || !run.isInTrouble)) yield* this.#checkpoint();
      await engine.variables.write(this.#best ?? (await this.#weights()));
      if (run.isOver) run.requireFiniteEvaluation();
      const { step, seconds, samplesPerSecond } = run;
      yield { kind: 'finish', reason: this.#reason, step, seconds, samplesPerSecond };
    } finally {
      await this.#leave();
    }
  }

  /** Gives variables that begin with what the data say these values. */
  async #startFromData(): Promise<void> {
    const started = await startValues(this.#definition, this.model.runner.table, this.#safe);
    await this.#definition.engine.variables.write(started);
    this.#safe = new Map([...this.#safe, ...started]);
  }

  async *#nextChunk({ executable, chunk }: CurrentStage): AsyncGenerator<TrainingEvent> {
    const { training } = this.#definition;
    const run = this.#run;
    const until = (step: number) => Math.min(chunk.steps, this.#plan.next(step) - step);
    const firstStep = run.step;
    const started = performance.now();
    const { feeds, steps } = await this.#reader.take(firstStep, until(firstStep));
    const after = firstStep + steps;
    if (after < this.totalSteps) this.#reader.prepare(after, until(after));
    const outputs = await executable.run(feeds, { steps, firstStep, seed: training.seed });
    const seconds = (performance.now() - started) / 1000;
    chunk.adapt(steps, seconds);
    yield* run.take(outputs, steps, seconds);
  }

  async *#evaluate(): AsyncGenerator<TrainingEvent> {
    const { validation, training } = this.#definition;
    if (!validation) return;
    const run = this.#run;
    const { step, epoch } = run;
    const { validator } = await this.#enter(this.#reached);
    const evaluation = await evaluate(validator, validation, {
      seed: training.seed,
      limit: VALIDATION_LIMIT,
      batchSize: training.batchSize,
    });
    const isBest = run.judge(evaluation.objective);
    yield { kind: 'evaluation', ...evaluation, step, epoch, isBest };
    const message = collapseWarning(evaluation, this.#stages.collapseRemedies);
    // Early on, a code that carries nothing yet is nothing to worry about.
    if (message && !this.#warnedOfCollapse && !run.isWarmingUp && step >= this.totalSteps / 4) {
      this.#warnedOfCollapse = true;
      yield { kind: 'warning', message };
    }
    const runaway = run.runawayWarning(evaluation.objective);
    if (runaway && !this.#warnedOfRunaway && step >= this.totalSteps / 4) {
      this.#warnedOfRunaway = true;
      yield { kind: 'warning', message: runaway };
    }
    if (!isBest) return;
    this.#best = await this.#weights();
    yield { kind: 'best', step, objective: evaluation.objective, weights: this.#best };
  }

  async *#checkpoint(): AsyncGenerator<TrainingEvent> {
    const { engine } = this.#definition;
    yield* this.#run.closeWindow();
    const variables = await engine.variables.read(this.#stages.state.map(({ name }) => name));
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
    const { averages } = await this.#enter(this.#reached);
    const sources = new Map<string, string>();
    for (const variable of this.model.runner.table.variables.values())
      sources.set(variable.name, (averages.get(variable) ?? variable).name);
    const values = await engine.variables.read(sources.values());
    const weights = new Map<string, TensorData>();
    for (const [name, source] of sources) {
      const value = values.get(source);
      if (value) weights.set(name, value);
    }
    return weights;
  }

  /** The stage that the last step belonged to. */
  get #reached(): StageStep {
    return stageAt(this.#stages, Math.max(0, this.#run.step - 1));
  }

  get #reason(): FinishReason {
    if (this.#run.step >= this.totalSteps) return 'steps';
    return this.#run.hasLostPatience ? 'patience' : 'aborted';
  }
}
