/** The verbs of the command line. Each is loaded when it is asked for: what a verb imports takes longer than most mistakes in using it. */
import type { Command } from 'commander';

export interface Verb {
  readonly name: string;
  readonly description: string;
  /** Loads what gives the command its arguments, flags and action; `words` are what was typed after the verb. */
  load(): Promise<(command: Command, words: readonly string[]) => void>;
}

export const verbs: readonly Verb[] = [
  {
    name: 'train',
    description: 'train a system on data and write a run folder',
    load: async () => (await import('./train.js')).defineTrain,
  },
  {
    name: 'resume',
    description: 'continue a run from its last checkpoint, to the same weights as if it had never stopped',
    load: async () => (await import('./resume.js')).defineResume,
  },
  {
    name: 'encode',
    description: 'write the codes of samples: posterior mean and log-variance, or the code itself',
    load: async () => (await import('./encode.js')).defineEncode,
  },
  {
    name: 'reconstruct',
    description: 'draw samples beside their reconstructions, or write the reconstructions',
    load: async () => (await import('./reconstruct.js')).defineReconstruct,
  },
  {
    name: 'sample',
    description: 'draw new samples from the prior',
    load: async () => (await import('./sample.js')).defineSample,
  },
  {
    name: 'fit-prior',
    description: 'fit a distribution on the codes of a run, for sample --prior and evaluate --prior',
    load: async () => (await import('./fitPrior.js')).defineFitPrior,
  },
  {
    name: 'traverse',
    description: 'draw a sample with one code coordinate moved at a time',
    load: async () => (await import('./traverse.js')).defineTraverse,
  },
  {
    name: 'interpolate',
    description: 'draw the way between the codes of pairs of samples',
    load: async () => (await import('./interpolate.js')).defineInterpolate,
  },
  {
    name: 'edit',
    description: 'add an attribute to the codes of samples or take it away, or what two samples differ in',
    load: async () => (await import('./edit.js')).defineEdit,
  },
  {
    name: 'impute',
    description: 'fill in what is missing of samples, several times over',
    load: async () => (await import('./impute.js')).defineImpute,
  },
  {
    name: 'rollout',
    description: 'let a model of sequences go on by itself, and measure how far it is from what came',
    load: async () => (await import('./rollout.js')).defineRollout,
  },
  {
    name: 'map',
    description: 'draw the codes of samples in the plane, those of several runs side by side',
    load: async () => (await import('./map.js')).defineMap,
  },
  {
    name: 'codes',
    description: 'draw pictures above their maps of indices, or what each entry of a codebook stands for',
    load: async () => (await import('./codes.js')).defineCodes,
  },
  {
    name: 'filters',
    description: 'draw what single units stand for, in systems whose code is one dense layer',
    load: async () => (await import('./filters.js')).defineFilters,
  },
  {
    name: 'denoise',
    description: 'draw samples with noise, and what a denoising system restores',
    load: async () => (await import('./denoise.js')).defineDenoise,
  },
  {
    name: 'evaluate',
    description: 'measure a run on held-out samples, each number with how it was measured',
    load: async () => (await import('./evaluate.js')).defineEvaluate,
  },
  {
    name: 'compress',
    description: 'write samples as the bytes of their indices, under a prior that fit-prior has fitted',
    load: async () => (await import('./compress.js')).defineCompress,
  },
  {
    name: 'decompress',
    description:
      'read what compress has written: pictures as a folder of PNGs, all else as a table or an array',
    load: async () => (await import('./decompress.js')).defineDecompress,
  },
  {
    name: 'score',
    description: 'score samples by how unlike the training data they are, and flag the anomalous ones',
    load: async () => (await import('./score.js')).defineScore,
  },
  {
    name: 'rate-distortion',
    description: 'draw what runs say of samples against what they lose, such as runs of several β',
    load: async () => (await import('./rateDistortion.js')).defineRateDistortion,
  },
  {
    name: 'export',
    description: 'write encoder, decoder and sampler as ONNX files, checked against the engine',
    load: async () => (await import('./export.js')).defineExport,
  },
  {
    name: 'systems',
    description: 'list the systems, or show one with its equation and options',
    load: async () => (await import('./systems.js')).defineSystems,
  },
  {
    name: 'priors',
    description: 'list the priors that fit-prior knows, or show one with its options',
    load: async () => (await import('./priors.js')).definePriors,
  },
  {
    name: 'data',
    description:
      'say what is in data: a folder of pictures or point clouds, IDX, NPY, NPZ, CSV, TSV, Parquet, or a built-in set',
    load: async () => (await import('./data.js')).defineData,
  },
  {
    name: 'bench',
    description: 'measure training, encoding and decoding of standard cases, each in a process of its own',
    load: async () => (await import('./bench.js')).defineBench,
  },
  {
    name: 'doctor',
    description: 'say which engines work here, and test them',
    load: async () => (await import('./doctor.js')).defineDoctor,
  },
];
