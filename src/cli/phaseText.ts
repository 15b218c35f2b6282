/** Stages and phases of a training in words. */
import type { PhaseDescription, StageDescription } from '../training/index.js';

/** Heads of the columns of `phaseRows`. */
export const PHASE_COLUMNS = ['phase', 'minimises', 'moves', 'optimiser, where its own, and when'] as const;

/** Whether there is more to say than that one optimiser moves the whole model. */
export function hasPhases(stages: readonly StageDescription[]): boolean {
  return stages.length > 1 || stages[0].phases.length > 1;
}

/** How the phases of a stage share a step, for every stage that has several. */
export function orderOf({ order, phases }: StageDescription): string | undefined {
  if (phases.length === 1) return undefined;
  return order === 'inTurn'
    ? 'Every step takes them one after the other; each sees the updates before it.'
    : 'Every step takes them together; all gradients are taken at the same values.';
}

/** A row for every phase. */
export function phaseRows(stages: readonly StageDescription[]): string[][] {
  return stages.flatMap((stage) =>
    stage.phases.map((phase) => [
      phase.name,
      sumOf(phase),
      phase.moves.join(', '),
      [optimizerOf(phase), ...(stages.length > 1 ? [lengthOf(stage)] : [])].filter(Boolean).join('; '),
    ]),
  );
}

function lengthOf({ length }: StageDescription): string {
  if (length === undefined) return 'the rest of the run';
  return length < 1 ? `${Math.round(100 * length)} % of the run` : `${length} steps`;
}

/** The weighted sum of what is paid for; terms of weight 0 are only reported. */
function sumOf({ minimises }: PhaseDescription): string {
  return minimises
    .filter(({ weight }) => weight !== 0)
    .map(({ name, weight }) => (weight === 1 ? name : `${Number(weight.toPrecision(3))} ${name}`))
    .join(' + ');
}

function optimizerOf({ optimizer: own, every, canRest }: PhaseDescription): string {
  const { optimizer, learningRate, beta1, beta2, epsilon } = own;
  const parts = [
    optimizer,
    learningRate === undefined ? undefined : `learning rate ${learningRate}`,
    beta1 === undefined ? undefined : `β₁ ${beta1}`,
    beta2 === undefined ? undefined : `β₂ ${beta2}`,
    epsilon === undefined ? undefined : `ε ${epsilon}`,
    every === 1 ? undefined : `every ${every} steps`,
    canRest ? 'rests in some steps' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
