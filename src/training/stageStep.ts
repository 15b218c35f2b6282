/**
 * The step of one stage. Its phases are built one after the other out of the same graph: where they are taken in turn,
 * what an earlier phase moved is put in the place of the variables that a later one reads, and its noise is drawn anew.
 */
import type { Scope } from '../nn/index.js';
import type { Batch, Phase, Stage, Terms } from '../systems/index.js';
import {
  concat,
  constant,
  Program,
  randomNormal,
  randomUniform,
  stack,
  substitute,
  type Tensor,
  topologicalOrder,
  type Variable,
} from '../tensor/index.js';
import { averaging } from './averaging.js';
import { clipping } from './clipping.js';
import { optimizerStep } from './optimizers.js';
import type { TrainingOptions } from './options.js';
import { OUTPUTS } from './outputs.js';
import { phaseGradients } from './phases.js';
import { scheduledTerms } from './scheduledTerms.js';
import { learningRateAt } from './schedules.js';

/** What all stages of a training share. */
export interface StageContext {
  readonly scope: Scope;
  readonly training: TrainingOptions;
  readonly totalSteps: number;
  /** Number of the step, float32 scalar. */
  readonly step: Tensor;
  readonly batch: Batch;
  /** On every learning rate, float32 scalar. */
  readonly factor: Tensor;
  /** Name of the very first phase, whose moments have no name before theirs. */
  readonly firstPhase: string;
}

/** The step of a stage as a program. */
export interface BuiltStage {
  readonly name: string;
  readonly program: Program;
  /** Variables that gradients move, phase by phase. */
  readonly weights: readonly Variable[];
  /** For each of those its average, where averages are kept. */
  readonly averages: ReadonlyMap<Variable, Variable>;
  /** Names of the terms, those of a phase after the first behind its name. */
  readonly terms: readonly string[];
  /** Names of the phases after the first. */
  readonly phases: readonly string[];
  /** What each phase minimises. */
  readonly objectives: readonly Terms[];
}

type Updates = ReadonlyMap<Variable, Tensor>;

/** The tensors of one phase. */
interface PhaseStep {
  readonly objective: Tensor;
  readonly norm: Tensor;
  /** Norm of each gradient. */
  readonly layerNorms: Tensor;
  readonly learningRate: Tensor;
  /** Bool scalar; absent where every step makes an update. */
  readonly isActive?: Tensor;
  /** Means and weights of the terms. */
  readonly terms: Readonly<Record<string, Tensor>>;
  /** New values of weights. */
  readonly moved: Updates;
  /** New values of moments, counts and norms. */
  readonly remembered: Updates;
  /** New values of running statistics. */
  readonly statistics: Updates;
}

interface BuiltPhase {
  readonly name: string;
  readonly step: PhaseStep;
  /** Updates before this one, float32 scalar. */
  readonly count: Tensor;
  readonly terms: readonly string[];
  readonly objective: Terms;
}

/** @param firstStep step of the run with which the stage begins */
export function stageStep(stage: Stage, firstStep: number, context: StageContext): BuiltStage {
  const { training, batch } = context;
  const built: BuiltPhase[] = [];
  /** Weights as the phases so far leave them. */
  const moved = new Map<Variable, Tensor>();
  for (const [i, phase] of stage.phases.entries()) {
    const next = phaseStep(phase, { ...context, prefix: i === 0 ? '' : `${phase.name}.`, firstStep });
    const inTurn = stage.order === 'inTurn' && i > 0;
    built.push(inTurn ? { ...next, step: afterwards(next.step, moved, phase, batch) } : next);
    for (const [weight, value] of built[i].step.moved) {
      if (moved.has(weight) && !inTurn) {
        throw new Error(
          `${phase.name} and a phase before it both move ${weight.name}; take them in turn, or let one of them move it`,
        );
      }
      moved.set(weight, value);
    }
  }
  const average = averages(built, moved, training.averageWeights);
  const [first, ...others] = built;
  const allFinite = built
    .map(({ step }) => step.objective.add(step.norm))
    .reduce((sum, each) => sum.add(each))
    .isFinite();
  const norms = built.map(({ step }) => step.layerNorms);
  const outputs: Record<string, Tensor> = {
    [OUTPUTS.objective]: first.step.objective,
    [OUTPUTS.gradientNorm]: first.step.norm,
    [OUTPUTS.layerNorms]: norms.length === 1 ? norms[0] : concat(norms),
    [OUTPUTS.learningRate]: first.step.learningRate,
    [OUTPUTS.applied]: allFinite,
  };
  for (const { step } of built) Object.assign(outputs, step.terms);
  for (const { name, step } of others) {
    const names = OUTPUTS.phase(name);
    outputs[names.gradientNorm] = step.norm;
    outputs[names.learningRate] = step.learningRate;
    outputs[names.isActive] = step.isActive ?? constant(1, 'bool');
  }
  const program = new Program({
    outputs,
    updates: new Map([
      ...moved,
      ...built.flatMap(({ step }) => [...step.remembered]),
      ...statisticsOf(built),
      ...average.updates,
    ]),
    guard: allFinite,
  });
  return {
    name: stage.name,
    program,
    weights: built.flatMap(({ step }) => [...step.moved.keys()]),
    averages: average.averages,
    terms: built.flatMap(({ terms }) => terms),
    phases: others.map(({ name }) => name),
    objectives: built.map(({ objective }) => objective),
  };
}

interface PhaseContext extends StageContext {
  /** Of the names of terms. */
  readonly prefix: string;
  readonly firstStep: number;
}

function phaseStep(phase: Phase, context: PhaseContext): BuiltPhase {
  const { scope, training, totalSteps, step, batch, prefix, firstPhase } = context;
  const paid = phaseGradients(phase, batch, scope, (terms) =>
    scheduledTerms(terms, training, step, totalSteps),
  );
  const { objective, gradients, scheduled } = paid;
  if (gradients.size === 0) throw new Error(`the phase ${phase.name} moves no variable that there is`);
  const squares = [...gradients.values()].map((gradient) => gradient.square().sum());
  const norm = squares.reduce((sum, part) => sum.add(part)).sqrt();
  const own = phase.name === firstPhase ? '' : `.${phase.name}`;
  const clip = clipping(norm, training.clip, `training${own}`);
  const options = { ...training, ...phase.optimizer };
  const learningRate = learningRateAt(step, options, totalSteps).mul(context.factor);
  const { moved, remembered, count } = optimizerStep(
    gradients,
    { learningRate, scale: clip.scale },
    options,
    `optimizer${own}`,
  );
  const isActive = activity(phase, context);
  const resting = (updates: Updates): Updates =>
    isActive ? mapped(updates, (value, variable) => isActive.where(value, variable)) : updates;
  return {
    name: phase.name,
    count,
    terms: Object.keys(scheduled).map((name) => prefix + name),
    objective: paid.terms,
    step: {
      objective,
      norm,
      layerNorms: stack(squares).sqrt(),
      learningRate,
      ...(isActive ? { isActive } : {}),
      terms: Object.fromEntries(
        Object.entries(scheduled).flatMap(([name, { mean, weight }]) => [
          [OUTPUTS.term(prefix + name), mean],
          [OUTPUTS.weight(prefix + name), weight],
        ]),
      ),
      moved: resting(moved),
      remembered: resting(new Map([...remembered, ...clip.updates])),
      statistics: new Map([...paid.updates].filter(([variable]) => phase.moves(variable.name))),
    },
  };
}

/** Whether the phase makes an update at this step; undefined where it always does. */
function activity({ every = 1, when }: Phase, { step, firstStep, batch }: PhaseContext): Tensor | undefined {
  const asked = when?.(batch);
  if (every === 1) return asked;
  const since = step.sub(firstStep);
  const isDue = since.div(every).floor().mul(every).equal(since);
  return asked ? isDue.where(asked, constant(0, 'bool')) : isDue;
}

/**
 * A phase as it is after others: with the weights that they moved, and noise of its own. The batch stays as it is, with
 * what was random in it.
 */
function afterwards(step: PhaseStep, moved: Updates, { name }: Phase, batch: Batch): PhaseStep {
  const { terms, moved: own, remembered, statistics, ...single } = step;
  const roots = [
    ...Object.values(single),
    ...Object.values(terms),
    ...[own, remembered, statistics].flatMap((updates) => [...updates.values()]),
  ];
  const replacements = new Map<Tensor, Tensor>(moved);
  const given = new Set(topologicalOrder([batch, batch.second].flatMap((each) => each?.x ?? [])));
  for (const node of topologicalOrder(roots)) {
    if (!node.is('random') || given.has(node)) continue;
    const { stream, shape, distribution } = node.attributes;
    const draw = distribution === 'normal' ? randomNormal : randomUniform;
    replacements.set(node, draw(`${stream}/${name}`, shape));
  }
  const images = substitute(roots, replacements);
  const imageOf = new Map(roots.map((root, i) => [root, images[i]]));
  const image = (tensor: Tensor) => imageOf.get(tensor) ?? tensor;
  return {
    objective: image(single.objective),
    norm: image(single.norm),
    layerNorms: image(single.layerNorms),
    learningRate: image(single.learningRate),
    ...(single.isActive ? { isActive: image(single.isActive) } : {}),
    terms: Object.fromEntries(Object.entries(terms).map(([key, value]) => [key, image(value)])),
    moved: mapped(own, image),
    remembered: mapped(remembered, image),
    statistics: mapped(statistics, image),
  };
}

/** Averages of weights, which rest with the phase that moves them last. */
function averages(phases: readonly BuiltPhase[], moved: Updates, decay: number) {
  const all = phases.map(({ step, count }) => {
    const last = [...step.moved].filter(([weight, value]) => moved.get(weight) === value);
    const { averages, updates } = averaging(new Map(last), count, decay);
    const { isActive } = step;
    return {
      averages,
      updates: isActive ? mapped(updates, (value, variable) => isActive.where(value, variable)) : updates,
    };
  });
  return {
    averages: new Map(all.flatMap(({ averages }) => [...averages])),
    updates: new Map(all.flatMap(({ updates }) => [...updates])),
  };
}

/** Running statistics, each by the first phase that owns it. */
function statisticsOf(phases: readonly BuiltPhase[]): Updates {
  const updates = new Map<Variable, Tensor>();
  for (const { step } of phases)
    for (const [variable, value] of step.statistics) if (!updates.has(variable)) updates.set(variable, value);
  return updates;
}

function mapped(updates: Updates, f: (value: Tensor, variable: Variable) => Tensor): Updates {
  return new Map(Array.from(updates, ([variable, value]) => [variable, f(value, variable)]));
}
