/** What a run leaves on the disk, in a form in which two runs can be compared. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shownBy } from './tensorboardEvents.js';

/** Every file of a folder and its sub-folders with a hash of its bytes. */
export function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    files
      .sort()
      .map((path) => [
        path.slice(folder.length + 1),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  );
}

/** The best weights and the last state of a run. */
export function lastCheckpoints(run: string): Record<string, string> {
  const files = filesOf(join(run, 'checkpoints'));
  const steps = Object.keys(files).flatMap((name) => Number(/^step-(\d+)\./.exec(name)?.[1] ?? []));
  const last = `step-${Math.max(...steps)}.safetensors`;
  return { 'best.safetensors': files['best.safetensors'], [last]: files[last] };
}

/** Lines of `metrics.jsonl`, without the clock's part in them. */
export function recordsOf(run: string): Record<string, unknown>[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { samplesPerSecond: _, ...record } = JSON.parse(line);
    return record;
  });
}

/** What TensorBoard shows of a run, in order, without the clock's part in it. */
export function boardOf(run: string): [tagAndStep: string, value: string][] {
  return shownBy(run).filter(([name]) => !name.startsWith('train/samplesPerSecond '));
}

/** `summary.json`, without the clock's part in it and where the run lies. */
export function summaryOf(run: string): Record<string, unknown> {
  const {
    run: _,
    seconds: __,
    samplesPerSecond: ___,
    ...summary
  } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
  return summary;
}
