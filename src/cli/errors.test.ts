import { expect, test } from 'vitest';
import { temporaryFolder, vaekit } from '../conformance/commandLine.js';
import { systems } from '../systems/index.js';

const root = await temporaryFolder('errors');

/** Runs what was typed wrongly, and gives the one sentence that it is answered with. */
async function refusalOf(typed: string): Promise<string> {
  const { code, stdout, stderr } = await vaekit(root, typed.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^vaekit: .*\n$/);
  return stderr;
}

test.each([
  ['trian vae', "there is no command 'trian'; did you mean 'train'?"],
  ['help tarin', "there is no command 'tarin'; did you mean 'train'?"],
  ['xylophone', "there is no command 'xylophone'; vaekit --help lists them"],
  ['train vea', "did you mean 'vae'?"],
  ['systems beta-vea', "did you mean 'beta-vae'?"],
  ['bench mlp-vea', "did you mean 'mlp-vae'?"],
  ['train vae --latnt 3', "unknown option '--latnt'; did you mean --latent?"],
  ['train vae --data glyhps', "did you mean 'glyphs'?"],
  ['sample last --sede 3', "unknown option '--sede'; did you mean --seed?"],
  ['doctor --jsno', "unknown option '--jsno'; did you mean --json?"],
  ['train vae --architecture covn', "--architecture: must be one of auto, mlp, conv, resnet, not 'covn'"],
  ['sample last --engine onx', "--engine: must be one of auto, native, onnx, reference, not 'onx'"],
])('vaekit %s, with a name typed wrongly, is answered with the right one', async (typed, answer) => {
  expect(await refusalOf(typed)).toContain(answer);
});

test.each([
  [
    'train',
    `say which system to train, as in vaekit train vae; systems are ${systems.map(({ name }) => name).join(', ')}`,
  ],
  ['train --data glyphs vae', 'name the system first: vaekit train vae --data …'],
  ['train vae glyphs', "'glyphs' is no option; data are named with --data glyphs"],
  ['train vae --latent -3', '--latent: must be more than 0, not -3'],
  ['train vae --epochs ten', "--epochs: must be a number, not 'ten'"],
  ['train vae --hidden 16,x', "--hidden: must be a number, not 'x'"],
  ['train vae --steps 2.5', '--steps: must be a whole number, not 2.5'],
  ['train vae --epochs 1 --steps 3', '--epochs: has no effect beside --steps; leave it out'],
  ['train vae --kl-warmup 0.3 --kl-cycles 2', '--kl-warmup: has no effect beside --kl-cycles; leave it out'],
  ['train vae --types a=number', '--types a=number: write NAME=TYPE with a type out of numeric'],
  ['encode last', "required option '-o, --output <file>' not specified; see vaekit encode --help"],
  ['encode last -o codes', '--output codes: end the name with one of .npz'],
  ['encode last -o c.npy --draws 2', '--draws has no effect on an .npy file'],
  ['resume', "missing required argument 'run'; see vaekit resume --help"],
  ['sample last', 'there is no run in runs/ yet; vaekit train makes one'],
  ['sample a b', "too many arguments for 'sample'"],
  ['sample .', '. is not a run: it has no config.json; name a folder that vaekit train has made'],
  ['systems --names --json', "option '--json' cannot be used with option '--names'"],
  ['doctor --verbose', "unknown option '--verbose'; see vaekit doctor --help"],
  ['sample last --threads 0', '--threads: must be'],
  ['sample last --threads 1000', '--threads: must be'],
  ['sample last --engine reference --threads 2', '--threads has no effect on the reference engine'],
])('vaekit %s is refused in one sentence', async (typed, sentence) => {
  expect(await refusalOf(typed)).toContain(`vaekit: ${sentence}`);
});

test('--debug shows where an error comes from', async () => {
  const { code, stderr } = await vaekit(root, ['train', 'vea', '--debug']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/\n {4}at .*registry/);
});

test('VAEKIT_ENGINE is read where --engine is not given, and refused by its name', async () => {
  const { code, stderr } = await vaekit(root, ['sample', 'last'], { env: { VAEKIT_ENGINE: 'gpu' } });
  expect(code).toBe(2);
  expect(stderr).toBe(
    "vaekit: VAEKIT_ENGINE must be one of auto, native, onnx, reference, not 'gpu'; correct or unset it\n",
  );
  const given = await vaekit(root, ['sample', 'last', '--engine', 'onnx'], {
    env: { VAEKIT_ENGINE: 'gpu' },
  });
  expect(given.stderr).toContain('there is no run in runs/ yet');
});

test('VAEKIT_THREADS is read where --threads is not given, and refused by its name', async () => {
  for (const threads of ['0', 'two', '1.5', '257']) {
    const { code, stderr } = await vaekit(root, ['sample', 'last'], { env: { VAEKIT_THREADS: threads } });
    expect([code, stderr]).toEqual([
      2,
      `vaekit: VAEKIT_THREADS must be a whole number from 1 to 256, not '${threads}'; correct or unset it\n`,
    ]);
  }
  const given = await vaekit(root, ['sample', 'last', '--threads', '1'], { env: { VAEKIT_THREADS: '0' } });
  expect(given.stderr).toContain('there is no run in runs/ yet');
});
