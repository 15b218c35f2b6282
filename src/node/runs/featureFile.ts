/** A feature network from an ONNX file that the user names, of which the run keeps a copy. */
import { DataError } from '../../data/index.js';
import { OnnxError, OnnxNetwork } from '../../engine/index.js';
import type { GivenNetwork } from '../../systems/index.js';
import { readBytes, writeFileWhole } from '../files.js';
import type { RunFolder } from './runFolder.js';

const COPY = 'features.onnx';

type Options = Record<string, unknown>;

export interface OpenedOptions {
  /** With the network in the place of its file's name. */
  readonly options: Options;
  /** Puts a copy of the file into the run, which will not depend on the file then. */
  keep(folder: RunFolder): Promise<void>;
}

/** @throws DataError if the file that the option names cannot be read, or holds no network that can be used */
export async function openFeatures(options: Options): Promise<OpenedOptions> {
  const { features: path } = options;
  if (typeof path !== 'string') return { options, keep: async () => {} };
  const bytes = await readBytes(path);
  return {
    options: { ...options, features: networkOf(path, bytes) },
    keep: (folder) => writeFileWhole(folder.file(COPY), bytes),
  };
}

/** The same of a run, from its copy. */
export async function ownFeatures(folder: RunFolder, options: Options): Promise<Options> {
  if (typeof options.features !== 'string') return options;
  return (await openFeatures({ ...options, features: folder.file(COPY) })).options;
}

/** The network, whose file is named where something is wrong with it. */
function networkOf(path: string, bytes: Uint8Array): GivenNetwork {
  const naming = <T>(f: () => T): T => {
    try {
      return f();
    } catch (error) {
      if (error instanceof OnnxError) throw new DataError(`${path} ${error.message}`);
      throw error;
    }
  };
  const network = naming(() => new OnnxNetwork(bytes));
  const { inputShape, outputs } = network;
  return { inputShape, outputs, run: (...given) => naming(() => network.run(...given)) };
}
