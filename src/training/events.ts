/** What a training run tells while it runs. */
import type { Evaluation } from '../evaluation/index.js';
import type { TensorData } from '../tensor/index.js';

/** A phase after the first, over the steps of a record. */
export interface PhaseRecord {
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Share of the steps at which it made an update. */
  readonly share: number;
}

/** Means over the steps since the record before. */
export interface MetricsRecord {
  /** Steps done. */
  readonly step: number;
  /** Passes over the training part, fractional. */
  readonly epoch: number;
  /** The weighted sum that is minimised. */
  readonly objective: number;
  /** Each term, nats per sample, before its weight; those of a phase after the first begin with its name. */
  readonly terms: Readonly<Record<string, number>>;
  /** Weights in force at the last step. */
  readonly weights: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  /** Steps skipped so far because something was not finite. */
  readonly skipped: number;
  /** Phases after the first, by name; what stands above is about the first. */
  readonly phases?: Readonly<Record<string, PhaseRecord>>;
}

export interface EvaluationRecord extends Evaluation {
  readonly step: number;
  readonly epoch: number;
  readonly isBest: boolean;
}

/** Where a run stands, beside its variables: plain data. */
export interface Progress {
  readonly step: number;
  readonly skipped: number;
  readonly skippedInRow: number;
  readonly rollbacks: number;
  /** Evaluations since the best one. */
  readonly sinceBest: number;
  readonly best?: { readonly step: number; readonly objective: number };
}

export type Variables = ReadonlyMap<string, TensorData>;

/** Everything from which a run continues as if it had never stopped. */
export interface Checkpoint {
  readonly progress: Progress;
  readonly variables: Variables;
}

export type FinishReason = 'steps' | 'patience' | 'aborted';

export type TrainingEvent =
  | {
      readonly kind: 'start';
      readonly totalSteps: number;
      readonly firstStep: number;
      readonly parameters: number;
    }
  | {
      readonly kind: 'progress';
      readonly step: number;
      readonly totalSteps: number;
      readonly objective: number;
      readonly samplesPerSecond: number;
    }
  | ({ readonly kind: 'metrics' } & MetricsRecord)
  | ({ readonly kind: 'evaluation' } & EvaluationRecord)
  | { readonly kind: 'warning'; readonly message: string }
  /** The weights that did best on the validation part so far. */
  | { readonly kind: 'best'; readonly step: number; readonly objective: number; readonly weights: Variables }
  | ({ readonly kind: 'checkpoint' } & Checkpoint)
  | {
      readonly kind: 'finish';
      readonly reason: FinishReason;
      readonly step: number;
      /** Spent on steps since the run was started or resumed. */
      readonly seconds: number;
      readonly samplesPerSecond: number;
    };
