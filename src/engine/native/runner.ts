/** What executes plans: the compiled engine, or its twin in TypeScript. */
import type { DType, TensorData } from '../../tensor/index.js';
import type { CheckedRunOptions, Values } from '../engine.js';
import type { Plan } from './plan.js';

export interface LoadedPlan {
  /**
   * @param feeds for each input of the plan the values of all steps, in the type that its buffer holds
   * @param into for each output an array that may be returned with its new values, where it fits
   * @returns for each output of the plan the values of all steps; a promise of them where the work is done on other threads
   * @throws Error after which the variables are what they were before: an index outside of its rows, a variable without a
   *   value, a signal
   */
  run(
    feeds: readonly TensorData[],
    options: CheckedRunOptions,
    signal?: AbortSignal,
    into?: readonly Values[],
  ): readonly TensorData[] | Promise<readonly TensorData[]>;
  release(): void;
}

/** What a runner holds of a variable. */
export interface Held {
  readonly dtype: DType;
  readonly length: number;
}

/** How written values are held: numbers of float64 become float32. */
export function heldAs(values: Values): Held {
  const dtype = values instanceof Int32Array ? 'int32' : values instanceof Uint8Array ? 'uint8' : 'float32';
  return { dtype, length: values.length };
}

/** Runs and other calls do not overlap: the engine that holds the runner sees to that. */
export interface PlanRunner {
  load(plan: Plan): LoadedPlan;
  /** Undefined for a variable that was never written. */
  held(variable: string): Held | undefined;
  /** @throws Error naming a variable that was never written */
  read(names: readonly string[]): Map<string, TensorData>;
  write(values: ReadonlyMap<string, Values>): void;
  close(): void;
}
