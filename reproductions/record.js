/**
 * What `results.json` of a reproduction keeps: how its numbers were made, and the numbers. No path is among them.
 *
 *   node reproductions/record.js RUNS   prints it for the runs of a folder, and what its baselines.json says of what needs no run
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Prints a record: when and where, what is said of all runs, and of each. */
export function print(runs, ofAll = {}) {
  const processors = cpus();
  const made = {
    recorded: new Date().toISOString().slice(0, 10),
    machine: `${processors[0].model.trim()}, ${processors.length} cores, shared with other work`,
  };
  process.stdout.write(`${JSON.stringify({ ...made, ...ofAll, runs }, undefined, 2)}\n`);
}

/**
 * A run: its configuration, the steps it reached, its evaluations in training, its terms on the test part if it went to
 * its end, and what `vaekit evaluate` and `vaekit score` measured.
 */
function runOf(folder, name) {
  const read = (file) => readFileSync(join(folder, name, file), 'utf8');
  const has = (file) => existsSync(join(folder, name, file));
  const { vaekit, system, options, training, data, engine, platform } = JSON.parse(read('config.json'));
  const records = read('metrics.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    run: name,
    vaekit,
    system,
    options,
    training,
    data: { name: data.name, trainingSamples: data.trainingSize, fingerprint: data.fingerprint },
    engine,
    platform,
    reached: records.at(-1).step,
    validation: records.filter(({ kind }) => kind === 'evaluation').map(evaluationOf),
    ...(has('summary.json') ? { testTerms: JSON.parse(read('summary.json')).test } : {}),
    ...(has('evaluation.json') ? { test: measured(read('evaluation.json')) } : {}),
    ...(has('anomalies.json') ? { anomalies: measured(read('anomalies.json')) } : {}),
    ...priorsOf(join(folder, name), read),
  };
}

/** What was measured of the priors that were fitted on a run. */
function priorsOf(folder, read) {
  const names = readdirSync(folder).flatMap((file) => /^evaluation-(.+)\.json$/.exec(file)?.[1] ?? []);
  if (names.length === 0) return {};
  return {
    priors: names.sort().map((prior) => ({ prior, test: measured(read(`evaluation-${prior}.json`)) })),
  };
}

const evaluationOf = ({ step, epoch, loss, terms }) => ({ step, epoch, loss, terms });

const measured = (card) =>
  JSON.parse(card).metrics.map(({ name, value, standardError, n, options }) => ({
    name,
    value,
    standardError,
    n,
    options,
  }));

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder] = process.argv.slice(2);
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json')));
  const baselines = join(folder, 'baselines.json');
  print(
    names.sort().map((name) => runOf(folder, name)),
    existsSync(baselines) ? { baselines: JSON.parse(readFileSync(baselines, 'utf8')) } : {},
  );
}
