/** Shows a training run while it goes on, and what came out of it. */
import { relative } from 'node:path';
import type { RunEvent, RunStage, RunSummary, TrainingRun } from '../node/index.js';
import { aboutWeights } from '../node/runs/aboutWeights.js';
import { formatNumber } from '../pictures/typesetting.js';
import { findSystem } from '../systems/index.js';
import { EXIT } from './exit.js';
import { withFlags } from './flagName.js';
import { dim, duration, note, ProgressBar, print, printJson, warn } from './output.js';

const STAGES: Readonly<Record<RunStage, string>> = {
  test: 'measuring on the test part',
  pictures: 'drawing pictures',
  export: 'exporting',
  report: 'writing the report',
};

/** Takes a run to its end, and closes it. */
export async function follow(run: TrainingRun, { json }: { json: boolean }): Promise<void> {
  let bar: ProgressBar | undefined;
  try {
    for (const notice of run.data.dataset.notices) note(dim(withFlags(notice)));
    if (run.engine.info.notice) note(dim(run.engine.info.notice));
    for await (const event of run) {
      if (event.kind === 'start') {
        note(describeStart(run, event));
        bar = new ProgressBar(event.totalSteps, event.firstStep);
      } else if (event.kind === 'finish') bar?.end();
      else if (event.kind === 'summary') conclude(event.summary, json);
      else show(event, bar);
    }
  } finally {
    bar?.end();
    await run.close();
  }
}

function describeStart(
  { folder, engine, data }: TrainingRun,
  { totalSteps, firstStep, parameters }: RunEvent & { kind: 'start' },
): string {
  const { dataset, split } = data;
  const from = firstStep > 0 ? ` from step ${firstStep}` : '';
  const { runtime = engine.name, threads } = engine.info;
  return `${folder.config.system} on ${dataset.name}: ${split.train.size} training samples, ${parameters} weights, ${totalSteps} steps${from}, ${runtime} on ${counted(threads, 'thread')} → ${fromHere(folder.path)}`;
}

/** Shows what a training tells, above its bar. */
export function show(event: RunEvent, bar: ProgressBar | undefined): void {
  switch (event.kind) {
    case 'progress':
      bar?.update(
        event.step,
        `loss ${nats(event.objective)}  ${Math.round(event.samplesPerSecond)} samples/s`,
      );
      break;
    case 'evaluation': {
      const terms = Object.entries(event.terms).map(([name, value]) => `${name} ${nats(value)}`);
      if (event.latent)
        terms.push(`${event.latent.activeUnits}/${event.latent.klPerDimension.length} in use`);
      note(
        `${dim(`step ${event.step}`)}  validation ${nats(event.loss)}  ${dim(terms.join('  '))}${event.isBest ? '  best' : ''}`,
      );
      break;
    }
    case 'warning':
      warn(event.message);
      break;
    case 'stage':
      note(dim(STAGES[event.stage]));
      break;
    default:
  }
}

/** Says what came out of a run, as results. */
export function conclude(summary: RunSummary, json: boolean): void {
  if (summary.reason === 'aborted') process.exitCode = EXIT.interrupted;
  if (json) {
    printJson(summary);
    return;
  }
  const { steps, epochs, seconds, samplesPerSecond, test, reason } = summary;
  const where = fromHere(summary.run);
  const why = {
    steps: '',
    patience: ', stopped early because validation no longer improved',
    aborted: ', interrupted',
  }[reason];
  print(
    `${counted(steps, 'step')}, ${formatNumber(epochs, 3)} epochs in ${duration(seconds)} (${Math.round(samplesPerSecond)} samples/s)${why}`,
  );
  if (!test) {
    print(`continue with   vaekit resume ${where}`);
    return;
  }
  const { loss, objective: _, samples, ...terms } = test;
  const parts = Object.entries(terms).map(([name, value]) => `${name} ${nats(value)}`);
  print(`test loss ${nats(loss)} nats per sample over ${counted(samples, 'sample')}: ${parts.join(', ')}`);
  print(aboutWeights(summary));
  print(`report   ${where}/report.html`);
  const verbs = findSystem(summary.system).isGenerator
    ? [`sample ${where}`, `evaluate ${where}`]
    : [`reconstruct ${where}`, `encode ${where} -o codes.npz`];
  print(`next     ${[...verbs, `export ${where}`].map((verb) => `vaekit ${verb}`).join(' · ')}`);
}

const nats = (value: number) => formatNumber(value, 5);
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const fromHere = (path: string) => relative(process.cwd(), path) || '.';
