/** Processes of their own: how a test starts one, and what came of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Outcome {
  /** Exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly process: ChildProcess;
  /** Resolves when the process has ended by itself or by a signal. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when stderr has matched; rejects, with what was said, if the process ends without it. */
  said(pattern: RegExp): Promise<void>;
}

/** Set, or with undefined taken out of, the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a shell or a test runner may have set, and a test does not want. */
const PLAIN: Environment = {
  VAEKIT_ENGINE: undefined,
  // Test files run side by side: more threads would wait for each other.
  VAEKIT_THREADS: '1',
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  NODE_OPTIONS: undefined,
};

/** Starts a program in a folder. */
export function startProcess(
  folder: string,
  [program, ...words]: readonly string[],
  env?: Environment,
): RunningProcess {
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...process.env, ...PLAIN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const outcome = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stderr)) resolve();
      };
      look();
      child.stderr.on('data', look);
      outcome.then(() => reject(new Error(`${words.join(' ')} never said ${pattern}:\n${stderr}`)), reject);
    });
  return { process: child, outcome, said };
}

/**
 * Runs a module of JavaScript to its end.
 *
 * @param flags what Node itself is given
 */
export function runModule(text: string, flags: readonly string[] = []): Promise<Outcome> {
  const words = [process.execPath, ...flags, '--input-type=module', '-e', text];
  return startProcess(process.cwd(), words).outcome;
}

/** A module of this package as such a text names it in an import: `engine/index.js` and the like. */
export function quotedUrl(path: string): string {
  return JSON.stringify(new URL(`../${path}`, import.meta.url).href);
}
