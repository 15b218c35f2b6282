/**
 * Scopes: where the layers of a model get their variables from, and what they are told while it is built.
 *
 * A model is built once for training and once for evaluation. Both builds share one `VariableTable`, so a variable of a
 * given path is the same variable in both; what differs is what layers such as dropout and batchNorm do.
 */
import {
  type Initialiser,
  type Shape,
  sameShape,
  show,
  type Tensor,
  Variable,
  type VariableOptions,
} from '../tensor/index.js';

/** The variables of a model, by path, over all its builds. */
export class VariableTable {
  readonly variables = new Map<string, Variable>();

  /** The root scope of a new build. */
  scope(options: ScopeOptions): Scope {
    return new Scope(new Build(this, options), '');
  }
}

export interface ScopeOptions {
  training: boolean;
  /** Where a training stands, for schedules. */
  clock?: Clock;
}

/** What schedules are made of. */
export interface Clock {
  /** Number of the running step, from 0, float32 scalar. */
  readonly step: Tensor;
  /** Steps of the run. */
  readonly totalSteps: number;
  /** Steps that a pass over the data takes, fractional. */
  readonly stepsPerEpoch: number;
}

/** A schedule that a model asked for. */
export interface Ramp {
  /** As in a sentence: `capacity`. */
  readonly name: string;
  /** Step at which it stands still. */
  readonly end: number;
}

class Build {
  readonly made = new Set<string>();
  readonly updates = new Map<Variable, Tensor>();
  readonly ramps = new Map<string, Ramp>();
  /** What is being recorded. */
  recorded: Map<Variable, Tensor> | undefined;

  constructor(
    readonly table: VariableTable,
    readonly options: ScopeOptions,
  ) {}
}

export type ScopeVariableOptions = Pick<VariableOptions, 'trainable' | 'startsAs'>;

export class Scope {
  readonly #build: Build;

  constructor(
    build: Build,
    /** Names from the root to here, joined by dots; empty at the root. */
    readonly path: string,
  ) {
    this.#build = build;
  }

  /** Whether this build is the one that is trained. */
  get training(): boolean {
    return this.#build.options.training;
  }

  /** Where the training stands; undefined in evaluation, where every schedule stands at its end. */
  get clock(): Clock | undefined {
    return this.#build.options.clock;
  }

  /** Tells the trainer of a schedule: until its end no weights count as the best. */
  addRamp(ramp: Ramp): void {
    this.#build.ramps.set(ramp.name, ramp);
  }

  /** Schedules of this build so far. */
  get ramps(): Ramp[] {
    return [...this.#build.ramps.values()];
  }

  child(name: string): Scope {
    return new Scope(this.#build, this.#pathOf(name));
  }

  /**
   * A variable of this scope. The path names it in checkpoints and seeds its initial value.
   *
   * @throws Error if this build has made it already (two layers share a scope), or another build with another shape
   */
  variable(
    name: string,
    shape: Shape,
    initialiser: Initialiser,
    options: ScopeVariableOptions = {},
  ): Variable {
    const path = this.#pathOf(name);
    const { table, made } = this.#build;
    if (made.has(path))
      throw new Error(
        `variable '${path}' is made twice; give the second layer a scope of its own: scope.child('name')`,
      );
    made.add(path);
    const existing = table.variables.get(path);
    if (existing && !sameShape(existing.shape, shape)) {
      throw new Error(
        `variable '${path}' has shape ${show(existing.shape)} in one build and ${show(shape)} in another`,
      );
    }
    const variable = existing ?? new Variable(path, shape, initialiser, options);
    table.variables.set(path, variable);
    return variable;
  }

  /** A new value that training gives to a running statistic at the end of each step. The first one of a step counts. */
  update(variable: Variable, value: Tensor): void {
    const { updates, recorded } = this.#build;
    if (!updates.has(variable)) updates.set(variable, value);
    if (recorded && !recorded.has(variable)) recorded.set(variable, value);
  }

  /** What f gives, and the updates that were made on the way, the first one of each variable. */
  recording<T>(f: () => T): { value: T; updates: ReadonlyMap<Variable, Tensor> } {
    const outer = this.#build.recorded;
    const updates = new Map<Variable, Tensor>();
    this.#build.recorded = updates;
    try {
      return { value: f(), updates };
    } finally {
      this.#build.recorded = outer;
    }
  }

  /** Updates made in this build so far. */
  get updates(): ReadonlyMap<Variable, Tensor> {
    return this.#build.updates;
  }

  /** Variables of this build at or below this scope, in the order in which layers made them. */
  get variables(): Variable[] {
    const { table, made } = this.#build;
    const below = (path: string) => this.path === '' || path.startsWith(`${this.path}.`);
    return [...made].filter(below).flatMap((path) => table.variables.get(path) ?? []);
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
