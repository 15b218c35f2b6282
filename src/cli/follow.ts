/** Shows a training run while it goes on, and what came out of it. */
import { relative } from 'node:path';
import type { RunEvent, RunSummary, TrainingRun } from '../node/index.js';
import { EXIT } from './errors.js';
import { dim, duration, note, ProgressBar, print, printJson, warn } from './output.js';

const STAGES = {
  test: 'measuring on the test part',
  pictures: 'drawing pictures',
  export: 'exporting',
  report: 'writing the report',
};

export async function follow(run: TrainingRun, { json }: { json: boolean }): Promise<void> {
  try {
    for (const notice of run.data.dataset.notices) note(dim(notice));
    if (run.engine.info.notice) note(dim(run.engine.info.notice));
    let bar: ProgressBar | undefined;
    for await (const event of run) {
      if (event.kind === 'start') {
        note(describeStart(run, event));
        bar = new ProgressBar(event.totalSteps, event.firstStep);
      }
      if (event.kind === 'finish') bar?.end();
      show(event, bar);
      if (event.kind === 'summary') conclude(event.summary, json);
    }
  } finally {
    await run.close();
  }
}

function describeStart(
  { folder, engine, data }: TrainingRun,
  { totalSteps, firstStep, parameters }: RunEvent & { kind: 'start' },
): string {
  const { dataset, split } = data;
  const where = relative(process.cwd(), folder.path) || '.';
  const from = firstStep > 0 ? ` from step ${firstStep}` : '';
  return `${folder.config.system} on ${dataset.name}: ${split.train.size} training samples, ${parameters} weights, ${totalSteps} steps${from}, ${engine.info.runtime ?? engine.name} on ${engine.info.threads} threads → ${where}`;
}

function show(event: RunEvent, bar: ProgressBar | undefined): void {
  switch (event.kind) {
    case 'progress':
      bar?.update(
        event.step,
        `loss ${event.objective.toFixed(2)}  ${Math.round(event.samplesPerSecond)} samples/s`,
      );
      break;
    case 'evaluation': {
      const terms = Object.entries(event.terms)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join('  ');
      const latent = event.latent
        ? `  ${event.latent.activeUnits}/${event.latent.klPerDimension.length} in use`
        : '';
      note(
        `${dim(`step ${event.step}`)}  validation ${event.loss.toFixed(2)}  ${dim(`${terms}${latent}`)}${event.isBest ? '  best' : ''}`,
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

function conclude(summary: RunSummary, json: boolean): void {
  if (summary.reason === 'aborted') process.exitCode = EXIT.interrupted;
  if (json) {
    printJson(summary);
    return;
  }
  const where = relative(process.cwd(), summary.run) || '.';
  const why = {
    steps: '',
    patience: ', stopped early because validation no longer improved',
    aborted: ', interrupted',
  }[summary.reason];
  print(
    `${summary.steps} steps, ${summary.epochs.toFixed(1)} epochs in ${duration(summary.seconds)} (${Math.round(summary.samplesPerSecond)} samples/s)${why}`,
  );
  if (summary.test) {
    const { loss, objective: _, samples, ...terms } = summary.test;
    print(
      `test loss ${loss.toFixed(3)} nats per sample over ${samples} samples: ${Object.entries(terms)
        .map(([name, value]) => `${name} ${value.toFixed(3)}`)
        .join(', ')}`,
    );
    print(`report   ${where}/report.html`);
    print(`next     vaekit sample ${where} · vaekit traverse ${where} · vaekit export ${where}`);
  } else {
    print(`continue with   vaekit resume ${where}`);
  }
}
