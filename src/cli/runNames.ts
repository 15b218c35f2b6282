/** What several runs in one figure are called. */
import type { RunConfig } from '../node/runs/config.js';
import { findSystem } from '../systems/index.js';

export interface NamedRun {
  /** Of its folder. */
  readonly name: string;
  readonly config: Pick<RunConfig, 'system' | 'options' | 'training'>;
}

/**
 * The system's title, where the runs are of several systems, and the options that all of them have and in which they
 * differ; those of training only where the system's do not tell them apart, and folders' names where nothing does.
 */
export function tellApart(runs: readonly NamedRun[]): string[] {
  const titles = runs.map(({ config }) => findSystem(config.system).title);
  if (runs.length < 2) return titles;
  const ofSystem = differences(runs.map(({ config }) => config.options));
  const parts = runs.map((_, i) => [...(areSame(titles) ? [] : [titles[i]]), ...ofSystem[i]]);
  const ofTraining = differences(runs.map(({ config }) => config.training));
  const candidates = [parts, parts.map((own, i) => [...own, ...ofTraining[i]])];
  const names = candidates.map((each) => each.map((own) => own.join(', '))).find(areDistinct);
  return names ?? runs.map(({ name }) => name);
}

/** For each of some options, `name = value` of all that it shares with the others and in which they differ. */
function differences(all: readonly Readonly<Record<string, unknown>>[]): string[][] {
  const shared = Object.keys(all[0]).filter((name) => all.every((options) => name in options));
  const differing = shared.filter((name) => !areSame(all.map((options) => JSON.stringify(options[name]))));
  return all.map((options) => differing.map((name) => `${name} = ${shown(options[name])}`));
}

const shown = (value: unknown) => (Array.isArray(value) ? value.join(',') : String(value));
const areSame = (values: readonly unknown[]) => new Set(values).size === 1;
const areDistinct = (values: readonly string[]) => new Set(values).size === values.length;
