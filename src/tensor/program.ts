/** A program: what an engine runs. Inputs go in, outputs come out, and variables are updated together at the end. */
import { topologicalOrder } from './graph.js';
import { ShapeError, sameShape, show } from './shape.js';
import type { Tensor } from './tensor.js';
import { Variable } from './variable.js';

export interface ProgramDefinition {
  /** What `run` returns, by name. */
  outputs?: Readonly<Record<string, Tensor>>;
  /** New values of variables. All are computed from the old ones. */
  updates?: ReadonlyMap<Variable, Tensor>;
  /** Bool scalar: when it is false, the step leaves every variable as it was. */
  guard?: Tensor;
}

export class Program {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  readonly guard: Tensor | undefined;
  /** Every node, each after its inputs. */
  readonly nodes: readonly Tensor[];
  /** By name, in the order in which the graph first needs them. */
  readonly inputs: ReadonlyMap<string, Tensor<'input'>>;
  /** All variables that are read or written, by name. */
  readonly variables: ReadonlyMap<string, Variable>;
  readonly random: readonly Tensor<'random'>[];

  /**
   * @throws ShapeError if there is nothing to compute, names clash, an update does not fit its variable or the guard is
   *   not a bool scalar
   */
  constructor({ outputs = {}, updates = new Map(), guard }: ProgramDefinition) {
    this.outputs = new Map(Object.entries(outputs));
    this.updates = updates;
    this.guard = guard;
    if (this.outputs.size === 0 && updates.size === 0) {
      throw new ShapeError('Program', 'there is nothing to compute; name an output or an update');
    }
    if (guard && (guard.rank !== 0 || guard.dtype !== 'bool')) {
      throw new ShapeError('Program', `the guard is a bool scalar, not ${guard}`);
    }
    for (const [variable, value] of updates) {
      if (!sameShape(variable.shape, value.shape) || variable.dtype !== value.dtype) {
        const target = `variable '${variable.name}' (${variable.dtype}${show(variable.shape)})`;
        throw new ShapeError(
          'Program',
          `${target} cannot be updated with ${value.dtype}${show(value.shape)}`,
        );
      }
    }
    this.nodes = topologicalOrder([...this.outputs.values(), ...updates.values(), ...(guard ? [guard] : [])]);
    this.inputs = byName(
      'input',
      this.nodes.filter((node) => node.is('input')),
      (node) => node.attributes.name,
    );
    const read = this.nodes.filter((node) => node instanceof Variable);
    const variables = new Set<Variable>([...read, ...updates.keys()]);
    this.variables = byName('variable', [...variables], (variable) => variable.name);
    this.random = this.nodes.filter((node) => node.is('random'));
    byName('random stream', this.random, (node) => node.attributes.stream);
  }
}

function byName<T extends Tensor>(
  kind: string,
  tensors: readonly T[],
  nameOf: (tensor: T) => string,
): Map<string, T> {
  const named = new Map<string, T>();
  for (const tensor of tensors) {
    const name = nameOf(tensor);
    const other = named.get(name);
    if (other && other !== tensor) {
      throw new ShapeError(
        'Program',
        `two different tensors share the ${kind} name '${name}' (${other} and ${tensor}); rename one`,
      );
    }
    named.set(name, tensor);
  }
  return named;
}
