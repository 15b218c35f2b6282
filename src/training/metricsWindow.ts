/** Means over the steps of one record. */
import type { Fetches } from '../engine/index.js';
import type { MetricsRecord, PhaseRecord } from './events.js';
import { OUTPUTS } from './outputs.js';
import type { StageStep } from './step.js';

export class MetricsWindow {
  #steps = 0;
  #seconds = 0;
  #applied = 0;
  readonly #sums = new Map<string, number>();
  readonly #last = new Map<string, number>();

  /** @param stage that the steps belong to */
  constructor(readonly stage: Pick<StageStep, 'terms' | 'phases'>) {}

  get isEmpty(): boolean {
    return this.#steps === 0;
  }

  /** Takes in step k of some outputs. A step that was skipped counts as work, but its numbers do not. */
  add(outputs: Fetches, k: number, seconds: number): void {
    this.#steps++;
    this.#seconds += seconds;
    const { terms, phases } = this.stage;
    const others = phases.map(OUTPUTS.phase);
    const rates = [OUTPUTS.learningRate, ...others.map(({ learningRate }) => learningRate)];
    for (const name of [...rates, ...terms.map(OUTPUTS.weight)]) this.#last.set(name, outputs[name][k]);
    if (outputs[OUTPUTS.applied][k] !== 1) return;
    this.#applied++;
    const ofPhases = others.flatMap(({ gradientNorm, isActive }) => [gradientNorm, isActive]);
    for (const name of [OUTPUTS.objective, OUTPUTS.gradientNorm, ...ofPhases, ...terms.map(OUTPUTS.term)])
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + outputs[name][k]);
  }

  record({
    batchSize,
    ...now
  }: Pick<MetricsRecord, 'step' | 'epoch' | 'skipped'> & { batchSize: number }): MetricsRecord {
    const mean = (name: string) => (this.#sums.get(name) ?? NaN) / this.#applied;
    const last = (name: string) => this.#last.get(name) ?? NaN;
    const perTerm = (f: (name: string) => number) =>
      Object.fromEntries(this.stage.terms.map((name) => [name, f(name)]));
    const phases = this.stage.phases.map((phase): [string, PhaseRecord] => {
      const { gradientNorm, learningRate, isActive } = OUTPUTS.phase(phase);
      return [
        phase,
        { gradientNorm: mean(gradientNorm), learningRate: last(learningRate), share: mean(isActive) },
      ];
    });
    return {
      ...now,
      objective: mean(OUTPUTS.objective),
      terms: perTerm((name) => mean(OUTPUTS.term(name))),
      weights: perTerm((name) => last(OUTPUTS.weight(name))),
      gradientNorm: mean(OUTPUTS.gradientNorm),
      learningRate: last(OUTPUTS.learningRate),
      samplesPerSecond: (this.#steps * batchSize) / Math.max(this.#seconds, 1e-9),
      ...(phases.length > 0 ? { phases: Object.fromEntries(phases) } : {}),
    };
  }
}
