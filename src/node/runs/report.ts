/** `report.html` of a run: one page that stands alone. */
import { showSpec } from '../../data/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import { type Fact, formatNumber, type ReportPicture, reportHtml } from '../../pictures/index.js';
import { findSystem } from '../../systems/index.js';
import type { PreparedData } from '../../training/index.js';
import { writeFileWhole } from '../files.js';
import { aboutWeights } from './aboutWeights.js';
import type { RunPicture } from './pictures.js';
import type { RunFolder } from './runFolder.js';
import type { RunSummary } from './summary.js';

export interface ReportRequest {
  readonly folder: RunFolder;
  readonly summary: RunSummary;
  readonly evaluation: Evaluation;
  readonly pictures: readonly RunPicture[];
  readonly data: PreparedData;
}

export async function writeReport({
  folder,
  summary,
  evaluation,
  pictures,
  data,
}: ReportRequest): Promise<void> {
  const { config } = folder;
  const system = findSystem(config.system);
  const { latent } = evaluation;
  const shown = (isCurve: boolean): ReportPicture[] =>
    pictures
      .filter((picture) => picture.isCurve === isCurve)
      .map(({ figure, caption }) => ({ figure, caption }));
  const html = reportHtml({
    title: `${system.title} on ${config.data.name}`,
    summary: describe(system.title, config.data.name, summary),
    numbers: numbers(evaluation, summary),
    warnings: summary.warnings,
    curves: shown(true),
    pictures: shown(false),
    ...(latent ? { latents: latent.klPerDimension.map((kl, j) => ({ name: `z${j}`, kl })) } : {}),
    data: dataFacts(data),
    dataNotices: data.dataset.notices,
    configuration: [...facts(config.options), ...facts(config.training)],
    reproduce: [
      config.command ?? `vaekit train ${config.system} --data ${config.data.name}`,
      `vaekit resume ${folder.name}`,
    ],
    versions: [
      { name: 'vaekit', value: config.vaekit },
      { name: 'engine', value: `${config.engine.runtime}, ${config.engine.threads} threads` },
      { name: 'platform', value: config.platform },
      { name: 'started', value: config.created },
      { name: 'data fingerprint', value: config.data.fingerprint },
    ],
  });
  await writeFileWhole(folder.file('report.html'), html);
}

function describe(title: string, data: string, summary: RunSummary): string {
  const { steps, epochs, seconds, samplesPerSecond, parameters, reason } = summary;
  const ended =
    reason === 'patience'
      ? 'It stopped early, because validation no longer improved.'
      : 'It ran to its last step.';
  return `${title} with ${formatNumber(parameters, 6)} weights, trained on ${data} for ${steps} steps (${epochs.toFixed(1)} epochs) in ${formatNumber(seconds, 3)} s, ${Math.round(samplesPerSecond)} samples a second. ${ended} ${aboutWeights(summary)}`;
}

function numbers(
  {
    loss,
    negativeElbo,
    terms,
    notes,
    count,
    bitsPerDimension,
    noBitsBecause,
    latent,
    indices = [],
  }: Evaluation,
  { samplesPerSecond }: RunSummary,
): Fact[] {
  const all: Fact[] = [
    {
      name: negativeElbo === undefined ? 'test loss' : 'test −ELBO',
      value: formatNumber(negativeElbo ?? loss, 5),
      note: `nats per sample, ${count} samples`,
    },
    ...Object.entries(terms).map(([name, value]) => ({
      name,
      value: formatNumber(value, 4),
      note: notes?.[name] ? `nats per sample, ${notes[name]}` : 'nats per sample',
    })),
  ];
  if (bitsPerDimension !== undefined)
    all.push({
      name: 'bits per dimension',
      value: formatNumber(bitsPerDimension, 4),
      note: '−ELBO / (D ln 2)',
    });
  if (noBitsBecause !== undefined) all.push({ name: 'bits per dimension', value: '–', note: noBitsBecause });
  if (latent) {
    all.push({
      name: 'code coordinates in use',
      value: `${latent.activeUnits} of ${latent.klPerDimension.length}`,
    });
    all.push({
      name: 'mutual information',
      value: formatNumber(latent.mutualInformation, 3),
      note: 'nats, at least',
    });
  }
  for (const { name, used, size, perplexity } of indices)
    all.push({
      name: `${name} in use`,
      value: `${used} of ${size}`,
      note: `perplexity ${formatNumber(perplexity, 4)}`,
    });
  return [...all, { name: 'speed', value: Math.round(samplesPerSecond), note: 'samples per second' }];
}

function dataFacts({ dataset, split, description }: PreparedData): Fact[] {
  const { spec, name, classes } = dataset;
  return [
    { name: 'data', value: name },
    { name: 'samples', value: showSpec(spec) },
    { name: 'as models see it', value: description.shape.join(' × ') },
    ...(classes ? [{ name: 'classes', value: classes.length }] : []),
    { name: 'training samples', value: split.train.size },
    { name: 'validation samples', value: split.validation.size },
    { name: 'test samples', value: split.test.size },
  ];
}

function facts(options: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(options).map(([name, value]) => ({
    name,
    value: Array.isArray(value) ? value.join(', ') : String(value),
  }));
}
