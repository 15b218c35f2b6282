/**
 * A trained model as ONNX files that stand alone: stored samples in, stored samples out, nothing random inside.
 *
 *   encoder   x (, label) → mean, logVar; or code, where codes are certain, with the indices that it is made of
 *   decoder   z (, label) → x
 *   sampler   noise (, label) → x, z
 */
import { hasHoles, type SampleSpec } from '../data/index.js';
import { exportModel } from '../engine/index.js';
import { DiagonalNormal } from '../probability/index.js';
import type { Batch, Model } from '../systems/index.js';
import { type DType, input, Program, type Tensor, topologicalOrder } from '../tensor/index.js';
import type { ModelRunner } from './runner.js';
import { indexTensors } from './trainedModel.js';

export interface PortDescription {
  readonly name: string;
  readonly dtype: DType;
  /** Without the batch axis, which comes first. */
  readonly shape: readonly number[];
  readonly meaning: string;
}

export interface ExportedModel {
  readonly name: 'encoder' | 'decoder' | 'sampler';
  readonly bytes: Uint8Array;
  readonly inputs: readonly PortDescription[];
  readonly outputs: readonly PortDescription[];
  /** What the file computes, for a batch size, as vaekit's own program; noise is drawn from the stream `prior`. */
  program(batch: number): Program;
}

type Port = [tensor: Tensor, meaning: string];
type Ports = Readonly<Record<string, Port>>;

/** Name of the sampler's noise input. */
export const NOISE = 'noise';
/** The random stream that it stands for. */
export const PRIOR_STREAM = 'prior';

/** The files of a model, with its weights as the engine holds them now. */
export async function exportModels(runner: ModelRunner): Promise<ExportedModel[]> {
  const { engine, system } = runner.settings;
  const parts: [ExportedModel['name'], (runner: ModelRunner, batch: number) => Part][] = [
    ['decoder', decoder],
  ];
  if (!system.isGenerator) parts.unshift(['encoder', encoder]);
  if (runner.build().prior) parts.push(['sampler', sampler]);
  const exported = parts.map(async ([name, build]): Promise<ExportedModel> => {
    const program = (batch: number) => new Program({ outputs: tensorsOf(build(runner, batch).outputs) });
    const example = program(1);
    const bytes = exportModel(program, {
      weights: await engine.variables.read(example.variables.keys()),
      noise: { [PRIOR_STREAM]: NOISE },
      metadata: { producer: 'vaekit', system: system.name, part: name },
    });
    const { inputs: offered, outputs } = build(runner, 1);
    // Where the class does not reach the outputs, as in the decoder of a CMMA, the file does not ask for it.
    const read = ([name, [tensor]]: [string, Port]) => !tensor.is('input') || example.inputs.has(name);
    const inputs = Object.fromEntries(Object.entries(offered).filter(read));
    return { name, bytes, inputs: describe(inputs), outputs: describe(outputs), program };
  });
  return Promise.all(exported);
}

interface Part {
  inputs: Ports;
  outputs: Ports;
}

function tensorsOf(ports: Ports): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(ports).map(([name, [tensor]]) => [name, tensor]));
}

function describe(ports: Ports): PortDescription[] {
  return Object.entries(ports).map(([name, [{ dtype, shape }, meaning]]) => ({
    name,
    dtype,
    shape: shape.slice(1),
    meaning,
  }));
}

function encoder(runner: ModelRunner, batch: number): Part {
  const { data } = runner;
  const model = runner.build();
  const x = input('x', [batch, ...data.spec.shape], data.spec.dtype);
  const label = labelPort(runner, batch);
  const samples = { x: data.toModel(x), ...(label.label ? { labels: label.label[0] } : {}) };
  const q = model.posterior?.(samples);
  const outputs: Ports =
    q instanceof DiagonalNormal
      ? {
          mean: [q.mean, 'mean of the posterior: the code to use as an embedding'],
          logVar: [q.logVar.broadcastTo(q.mean.shape), 'log-variance of the posterior'],
        }
      : { code: [model.encode(samples), 'the code'], ...indexPorts(model, samples) };
  return { inputs: { x: [x, givenMeaning(runner)], ...whereUsed(label, outputs) }, outputs };
}

/** Where a code is made of indices, these. */
function indexPorts(model: Model, batch: Batch): Ports {
  const ports = Object.entries(indexTensors(model, batch)).map(([name, tensor], m): [string, Port] => {
    const size = model.discrete?.maps[m].size ?? 0;
    return [name, [tensor, `indices that the code is made of, 0 to ${size - 1}`]];
  });
  return Object.fromEntries(ports);
}

function decoder(runner: ModelRunner, batch: number): Part {
  const model = runner.build();
  const z = input('z', [batch, ...model.codeShape]);
  const label = labelPort(runner, batch);
  const outputs: Ports = {
    x: [stored(runner, model.decode(z, label.label?.[0])), storedMeaning(runner)],
  };
  return { inputs: { z: [z, 'a code'], ...whereUsed(label, outputs) }, outputs };
}

function sampler(runner: ModelRunner, batch: number): Part {
  const model = runner.build();
  const label = labelPort(runner, batch);
  const prior = model.prior?.(batch, label.label?.[0]);
  if (!prior) throw new Error('export: the system has no prior to sample from');
  const z = prior.sample({ stream: PRIOR_STREAM });
  return {
    inputs: {
      [NOISE]: [noiseOf(z), 'independent standard normal numbers; the same noise gives the same sample'],
      ...label,
    },
    outputs: {
      x: [stored(runner, model.decode(z, label.label?.[0])), storedMeaning(runner)],
      z: [z, 'the code of the sample'],
    },
  };
}

/** The draw of standard normal numbers that a code of the prior is made of. */
function noiseOf(code: Tensor): Tensor {
  const noise = topologicalOrder([code]).find((node) => node.is('random'));
  if (noise) return noise;
  throw new Error('export: draws from the prior are made of no noise');
}

/** The class of each sample, where the system is conditioned on it. */
function labelPort({ data, isConditional }: ModelRunner, batch: number): { label?: Port } {
  if (!isConditional) return {};
  return { label: [input('label', [batch], 'int32'), `class of the sample, 0 to ${data.classes - 1}`] };
}

/** A system may tell classes to some of its parts only: its prior, say. */
function whereUsed(label: { label?: Port }, outputs: Ports): { label?: Port } {
  const needed = topologicalOrder(Object.values(outputs).map(([tensor]) => tensor));
  return label.label && needed.includes(label.label[0]) ? label : {};
}

function stored({ data }: ModelRunner, x: Tensor): Tensor {
  return data.fromModel(x).cast(data.spec.dtype);
}

function storedMeaning({ data }: ModelRunner): string {
  return meaningOf(data.spec);
}

function givenMeaning({ data: { spec } }: ModelRunner): string {
  return hasHoles(spec) ? `${meaningOf(spec)}; NaN where a value is missing` : meaningOf(spec);
}

function meaningOf(spec: SampleSpec): string {
  switch (spec.kind) {
    case 'image':
      return `a picture [height, width, channels] with values from ${spec.range[0]} to ${spec.range[1]}`;
    case 'table':
      return `a row: ${spec.columns.map(({ name }) => name).join(', ')}, in the table's own units`;
    case 'sequence':
      return `a sequence of ${spec.shape[0]} frames, each ${meaningOf(spec.frame)}`;
    case 'points':
      return 'a cloud [points, dimensions], centred and scaled into the unit sphere';
  }
}
