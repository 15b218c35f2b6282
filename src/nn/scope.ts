/**
 * Scopes: where the layers of a model get their variables from, and what they are told while it is built.
 *
 * A model is built once for training and once for evaluation. Both builds share one `VariableTable`, so a variable of a
 * given path is the same variable in both; what differs is what layers such as dropout and batchNorm do.
 */
import { type Initialiser, type Shape, sameShape, show, type Tensor, Variable } from '../tensor/index.js';

/** The variables of a model, by path, over all its builds. */
export class VariableTable {
  readonly variables = new Map<string, Variable>();

  /** The root scope of a new build. */
  scope(options: { training: boolean }): Scope {
    return new Scope(new Build(this, options.training), '');
  }
}

class Build {
  readonly made = new Set<string>();
  readonly updates = new Map<Variable, Tensor>();

  constructor(
    readonly table: VariableTable,
    readonly training: boolean,
  ) {}
}

export interface ScopeVariableOptions {
  /** Whether a gradient moves it. @default true */
  trainable?: boolean;
}

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
    return this.#build.training;
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
    { trainable = true }: ScopeVariableOptions = {},
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
    const variable = existing ?? new Variable(path, shape, initialiser, { trainable });
    table.variables.set(path, variable);
    return variable;
  }

  /** A new value that training gives to a running statistic at the end of each step. The first one of a step counts. */
  update(variable: Variable, value: Tensor): void {
    if (!this.#build.updates.has(variable)) this.#build.updates.set(variable, value);
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
