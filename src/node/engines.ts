/** The engines of this machine: which there are, which one to take, and whether it computes what it should. */
import { type Engine, ReferenceEngine } from '../engine/index.js';
import { NativeEngine } from '../engine/native/engine.js';
import { OnnxEngine } from '../engine/onnx/engine.js';
import { type SelfTestResult, selfTest } from '../engine/selfTest.js';
import { type Cpu, describeCpu, usableCores } from './cpu.js';
import { AddonError, AddonRunner, instructionSets, MOST_THREADS } from './native.js';
import { ORT_RUNTIMES, type OrtRuntime } from './ort.js';
import { workerRunner } from './workerRunner.js';

export const ENGINE_NAMES = ['auto', 'native', 'onnx', 'reference'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  /** `auto` takes the fastest that works. @default 'auto' */
  engine?: EngineName;
  /** Threads that share one operator's work, up to 256. @default the cores that this process may use */
  threads?: number;
  /** The build of ONNX Runtime to use. @default native, or WebAssembly where that does not work */
  runtime?: OrtRuntime;
  /** What the native engine computes with, such as `avx2`, if the machine has it. @default the fastest it has */
  instructionSet?: string;
}

export interface EngineInfo {
  readonly name: Exclude<EngineName, 'auto'>;
  /** What runs the engine, where that is not vaekit itself. */
  readonly runtime?: OrtRuntime;
  readonly version?: string;
  /** What the native engine computes with. */
  readonly instructionSet?: string;
  readonly threads: number;
  readonly selfTest: SelfTestResult;
  /** From the request until the engine had passed its test. */
  readonly startMilliseconds: number;
  /** Why a faster engine is not used, where one should have been. */
  readonly notice?: string;
}

export type OpenEngine = Engine & { readonly info: EngineInfo };

/** No engine works on this machine, or not the one that was asked for. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/**
 * Opens an engine that has shown that it computes what it should. The native engine and ONNX Runtime compute in threads of
 * their own.
 *
 * @throws EngineError if none of those that were asked for works
 */
export async function openEngine(options: EngineOptions = {}): Promise<OpenEngine> {
  const { engine = 'auto', threads = defaultThreads(), runtime, instructionSet } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new EngineError(`threads: ${threads} is not a whole number from 1 to ${MOST_THREADS}`);
  }
  if (engine === 'reference') return openReference();
  const problems: string[] = [];
  if (engine === 'native' || (engine === 'auto' && runtime === undefined)) {
    try {
      return await openNative(threads, instructionSet);
    } catch (error) {
      if (engine === 'native') {
        throw new EngineError(
          `the native engine cannot be used: ${messageOf(error)}; engine auto takes one that works`,
        );
      }
      // Where there is none, nothing is wrong: `vaekit doctor` tells how to get one.
      if (!(error instanceof AddonError && error.isMissing))
        problems.push(`the native engine does not work: ${messageOf(error)}`);
    }
  }
  for (const candidate of runtime ? [runtime] : ORT_RUNTIMES) {
    try {
      return withNotice(await openOnnx(candidate, threads), problems);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (engine === 'onnx') throw new EngineError(`the onnx engine cannot be used: ${problems.join('; ')}`);
  return withNotice(await openReference(), problems);
}

export type EngineReport =
  | { readonly works: true; readonly info: EngineInfo }
  | {
      readonly works: false;
      readonly info: Pick<EngineInfo, 'name' | 'runtime'>;
      readonly problem: string;
    };

/** Opens every engine in turn to see whether it works, and closes it again. */
export async function describeEngines(
  threads = defaultThreads(),
): Promise<{ cpu: Cpu; engines: EngineReport[] }> {
  const engines: EngineReport[] = [];
  const look = async (info: Pick<EngineInfo, 'name' | 'runtime'>, open: () => Promise<OpenEngine>) => {
    try {
      const engine = await open();
      engines.push({ works: true, info: engine.info });
      await engine.dispose();
    } catch (error) {
      engines.push({ works: false, info, problem: messageOf(error) });
    }
  };
  await look({ name: 'native' }, () => openNative(threads));
  for (const runtime of ORT_RUNTIMES) await look({ name: 'onnx', runtime }, () => openOnnx(runtime, threads));
  await look({ name: 'reference' }, openReference);
  return { cpu: describeCpu(), engines };
}

const defaultThreads = () => Math.min(usableCores(), MOST_THREADS);

async function openNative(threads: number, wanted?: string): Promise<OpenEngine> {
  const started = performance.now();
  const instructionSet = instructionSets().find((name) => name === wanted);
  const runner = new AddonRunner({ threads, instructionSet });
  return tested(new NativeEngine(runner), started, {
    name: 'native',
    instructionSet: runner.instructionSet,
    threads: runner.threads,
  });
}

async function openOnnx(runtime: OrtRuntime, threads: number): Promise<OpenEngine> {
  const started = performance.now();
  const link = await workerRunner({ threads, runtime });
  return tested(new OnnxEngine(link), started, { name: 'onnx', runtime, version: link.version, threads });
}

function openReference(): Promise<OpenEngine> {
  return tested(new ReferenceEngine(), performance.now(), { name: 'reference', threads: 1 });
}

async function tested(
  engine: Engine,
  started: number,
  info: Omit<EngineInfo, 'selfTest' | 'startMilliseconds' | 'notice'>,
): Promise<OpenEngine> {
  try {
    const result = await selfTest(engine);
    if (!result.passed) {
      const wrong = JSON.stringify(result.errors);
      throw new EngineError(`${info.runtime ?? info.name} computes wrongly (relative errors ${wrong})`);
    }
    const startMilliseconds = performance.now() - started;
    return Object.assign(engine, { info: { ...info, selfTest: result, startMilliseconds } });
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

function withNotice(engine: OpenEngine, problems: readonly string[]): OpenEngine {
  if (problems.length === 0) return engine;
  const { runtime, name } = engine.info;
  const notice = `${problems.join('; ')}; using ${runtime ?? `the ${name} engine`} instead, which is slower`;
  return Object.assign(engine, { info: { ...engine.info, notice } });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
