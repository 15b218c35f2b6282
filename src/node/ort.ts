/**
 * ONNX Runtime as this machine has it: the native `onnxruntime-node` where it is installed and loads, else
 * `onnxruntime-web`, which runs anywhere as WebAssembly.
 */
import type { OrtModule } from '../engine/onnx/runner.js';
import { errorCode } from './files.js';

export type OrtRuntime = 'onnxruntime-node' | 'onnxruntime-web';

/** All of them, the faster one first. */
export const ORT_RUNTIMES: readonly OrtRuntime[] = ['onnxruntime-node', 'onnxruntime-web'];

export interface LoadedOrt {
  readonly ort: OrtModule;
  readonly runtime: OrtRuntime;
  readonly version: string;
}

export interface LoadOrtOptions {
  /** The one to load. @default native, or WebAssembly where that does not load */
  runtime?: OrtRuntime;
  /** Threads of the WebAssembly runtime, which are set once for all its sessions. @default 1 */
  threads?: number;
}

/** @throws Error saying of each runtime that was tried why it cannot be used */
export async function loadOrt({ runtime, threads = 1 }: LoadOrtOptions = {}): Promise<LoadedOrt> {
  const problems: string[] = [];
  for (const candidate of runtime ? [runtime] : ORT_RUNTIMES) {
    try {
      return candidate === 'onnxruntime-node' ? await loadNative() : await loadWeb(threads);
    } catch (error) {
      problems.push(`${candidate} ${reason(candidate, error)}`);
    }
  }
  throw new Error(problems.join('; '));
}

async function loadNative(): Promise<LoadedOrt> {
  const ort = await import('onnxruntime-node');
  return { ort, runtime: 'onnxruntime-node', version: ort.env.versions.node ?? ort.env.versions.common };
}

async function loadWeb(threads: number): Promise<LoadedOrt> {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  return { ort, runtime: 'onnxruntime-web', version: ort.env.versions.web ?? ort.env.versions.common };
}

function reason(runtime: OrtRuntime, error: unknown): string {
  if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') return `is not installed (npm install ${runtime})`;
  return `does not load (${error instanceof Error ? error.message.split('\n')[0] : error})`;
}
