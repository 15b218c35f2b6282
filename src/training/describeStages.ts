/**
 * What the training of a system consists of, read off a model that is built for made-up data: its stages, their phases, and
 * what each of those moves and minimises.
 */
import { VariableTable } from '../nn/index.js';
import {
  type DataDescription,
  describeData,
  OptionError,
  type PhaseOptimizer,
  type Stage,
  type System,
  toWeighted,
} from '../systems/index.js';
import { step as stepNumber, topologicalOrder } from '../tensor/index.js';
import { inputBatch, stagesOf } from './step.js';

export interface TermDescription {
  readonly name: string;
  readonly weight: number;
  readonly role: 'bound' | 'penalty';
}

export interface PhaseDescription {
  readonly name: string;
  /** Parts of the model, named by what their variables' paths begin with. */
  readonly moves: readonly string[];
  readonly minimises: readonly TermDescription[];
  /** What of the optimiser the phase decides itself. */
  readonly optimizer: PhaseOptimizer;
  /** It makes an update in every n-th step. */
  readonly every: number;
  /** Whether it rests in some steps, which the batch decides. */
  readonly canRest: boolean;
}

export interface StageDescription {
  readonly name: string;
  /** Steps, or below 1 a fraction of the run; undefined for the last, which has what is left. */
  readonly length?: number;
  readonly order: Stage['order'];
  readonly phases: readonly PhaseDescription[];
}

/** A run as long as most, for lengths that are fractions of it. */
const STEPS = 10_000;
const BATCH = 16;

/**
 * @param options as the system's schema returns them. @default its defaults
 * @throws OptionError if the system can be built with them for no kind of data
 */
export function describeStages(
  system: System,
  options: Record<string, unknown> = system.options.parse({}),
): StageDescription[] {
  const data = madeUpData(system, options);
  const clock = { step: stepNumber().cast('float32'), totalSteps: STEPS, stepsPerEpoch: data.size / BATCH };
  const scope = new VariableTable().scope({ training: true, clock });
  const model = system.build(data, options, scope);
  const batch = inputBatch(data, { batchSize: BATCH, perturb: 0 }, (model.secondBatch ?? false) !== false);
  const stages = stagesOf(model);
  // Layers make their variables when they first run, so all objectives come before what they move.
  const objectives = new Map(
    stages.flatMap(({ phases }) => phases).map((phase) => [phase, Object.entries(phase.objective(batch))]),
  );
  const trainable = scope.variables.filter((variable) => variable.trainable);
  return stages.map(({ name, length, order, phases }) => ({
    name,
    ...(length === undefined ? {} : { length }),
    order,
    phases: phases.map((phase) => {
      const terms = (objectives.get(phase) ?? []).map(([term, value]) => ({ term, ...toWeighted(value) }));
      const reached = new Set<object>(topologicalOrder(terms.map(({ value }) => value)));
      const moved = trainable.filter((variable) => phase.moves(variable.name) && reached.has(variable));
      return {
        name: phase.name,
        moves: [...new Set(moved.map((variable) => variable.name.split('.')[0]))],
        minimises: terms.map(({ term, weight, role }) => ({ name: term, weight, role })),
        optimizer: phase.optimizer ?? {},
        every: phase.every ?? 1,
        canRest: phase.when !== undefined,
      };
    }),
  }));
}

/** Grey pictures of ten classes; for a system that takes none, the first other kind of samples that it takes. */
function madeUpData(system: System, options: Record<string, unknown>): DataDescription {
  const picture = { kind: 'image', shape: [28, 28, 1], dtype: 'uint8', range: [0, 255] } as const;
  const columns = ['x', 'y', 'z'].map((name) => ({ name, type: 'numeric' as const }));
  const row = { kind: 'table', shape: [3], dtype: 'float32', columns } as const;
  const sequence = { kind: 'sequence', shape: [8, 3], dtype: 'float32', frame: row } as const;
  const cloud = { kind: 'points', shape: [32, 3], dtype: 'float32' } as const;
  const candidates = [picture, row, sequence, cloud].map((spec) =>
    describeData(spec, { classes: 10, size: STEPS }),
  );
  const refusals: unknown[] = [];
  for (const data of candidates) {
    try {
      system.build(data, options, new VariableTable().scope({ training: false }));
      return data;
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0];
}
