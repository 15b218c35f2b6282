/** Trained runs, loaded for use. */
import { DataError } from '../../data/index.js';
import { ModelRunner, TrainedModel } from '../../inference/index.js';
import { describeData } from '../../systems/index.js';
import { type TensorData, type Variable, zeros } from '../../tensor/index.js';
import { type EngineOptions, type OpenEngine, openEngine } from '../engines.js';
import { findRun } from './find.js';
import { ownOptions, ownSystem } from './ownOptions.js';
import { RunFolder } from './runFolder.js';

export interface LoadRequest {
  readonly engine?: EngineOptions;
  /** Layers that the run's options held: no file can hold them. */
  readonly layers?: Readonly<Record<string, unknown>>;
}

/** A finished or stopped run's model, ready for use. */
export interface LoadedRun {
  readonly folder: RunFolder;
  readonly model: TrainedModel;
  readonly engine: OpenEngine;
  close(): Promise<void>;
}

/**
 * The model of a run with its best weights.
 *
 * @param run a folder, a name in `runs/`, or `last`
 * @throws DataError if it is no run, is damaged, or holds no weights yet
 */
export async function loadRun(run: string, { engine: choice, layers }: LoadRequest = {}): Promise<LoadedRun> {
  const folder = await RunFolder.open(await findRun(run));
  const { config } = folder;
  const system = ownSystem(folder);
  const options = await ownOptions(folder, system, layers);
  const weights = await folder.loadWeights();
  const { spec, classes, hasUnknown, size } = config.data;
  const { binarise } = config.training;
  const data = describeData(spec, { classes: classes?.length, hasUnknown, size, binarise });
  const engine = await openEngine(choice);
  try {
    const runner = new ModelRunner({ engine, system, options, data });
    requireFit(folder, allVariables(runner), weights);
    await engine.variables.write(weights);
    return { folder, model: new TrainedModel(runner), engine, close: () => engine.dispose() };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** @throws DataError if weights are not of the model that the configuration describes */
export function requireFit(
  { path }: RunFolder,
  variables: Iterable<Variable>,
  weights: ReadonlyMap<string, TensorData>,
): void {
  for (const { name, size } of variables) {
    const length = weights.get(name)?.length ?? 0;
    if (length === size) continue;
    throw new DataError(
      `config.json and the checkpoints of ${path} do not belong together: '${name}' has ${length} values, and its model takes ${size}; restore both from a copy`,
    );
  }
}

/** A model makes its variables where it uses them, and its objective uses them all. */
function allVariables(runner: ModelRunner): Iterable<Variable> {
  const { spec, classes, toModel } = runner.data;
  const x = toModel(zeros([2, ...spec.shape], spec.dtype));
  runner.build().objective(classes > 0 ? { x, labels: zeros([2], 'int32') } : { x });
  return runner.table.variables.values();
}
