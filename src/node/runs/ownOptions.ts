/** The system of a run and its options, back from its configuration. */
import { DataError } from '../../data/index.js';
import { findSystem, OptionError, type System } from '../../systems/index.js';
import { checkOptions } from './checkOptions.js';
import { ownFeatures } from './featureFile.js';
import type { RunFolder } from './runFolder.js';

/** @throws DataError if the configuration names a system that there is not */
export function ownSystem(folder: RunFolder): System {
  try {
    return findSystem(folder.config.system);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new DataError(
      `${folder.file('config.json')} names the system '${folder.config.system}', which this vaekit does not have; restore it from a copy, or update vaekit`,
    );
  }
}

/**
 * @param layers what no file can hold: layers that the run's options held
 * @throws DataError if one of those is missing, or the configuration holds what is no option of the system
 */
export async function ownOptions(
  folder: RunFolder,
  system: System,
  layers: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  const { config } = folder;
  const missing = config.ownLayers.filter((name) => layers[name] === undefined);
  if (missing.length > 0) {
    throw new DataError(
      `the run has layers of its own (${missing.join(', ')}), which no file can hold; load it from a program that passes them as \`layers\``,
    );
  }
  try {
    return await ownFeatures(folder, checkOptions(system.options, { ...config.options, ...layers }));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new DataError(
      `${folder.file('config.json')} is damaged at options.${error.option}: ${error.problem}; restore it from a copy`,
    );
  }
}
