import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { resultOf, runInShell, temporaryFolder, vaekit } from '../conformance/commandLine.js';
import { version } from '../node/version.js';
import { systems } from '../systems/index.js';
import { trainingOptions } from '../training/index.js';
import { flagName } from './flagName.js';
import { verbs } from './verbs.js';

const root = await temporaryFolder('main');

describe('help', () => {
  test('vaekit alone shows the verbs on stderr, and what to type', async () => {
    const { code, stdout, stderr } = await vaekit(root, []);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const { name } of verbs) expect(stderr).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stderr).toMatch(/\nvaekit: say what to do, as in vaekit train vae\n$/);
  });

  test('help that was asked for is a result', async () => {
    const help = await resultOf(root, ['--help']);
    for (const { name } of verbs) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await resultOf(root, ['help'])).toBe(help);
    expect(await resultOf(root, ['-h'])).toBe(help);
    expect(await resultOf(root, ['--version'])).toBe(`${version}\n`);
    const systemHelp = await resultOf(root, ['help', 'train', 'beta-vae']);
    expect(systemHelp).toBe(await resultOf(root, ['train', 'beta-vae', '--help']));
    expect(await resultOf(root, ['help', 'train'])).toContain('beta-vae');
  });

  test.each(systems)(
    'help of train $name names every option of the system and of training',
    async (system) => {
      const help = await helpOf('train', system.name);
      const typed = Object.entries({ ...system.options.shape, ...trainingOptions.shape }).filter(
        // Layers of one's own are written in TypeScript.
        ([name]) => !['encoder', 'decoder'].includes(name),
      );
      for (const [name] of typed) expect(help).toMatch(new RegExp(`^  --${flagName(name)}[ \\n]`, 'm'));
      for (const flag of ['--data', '--out', '--json', '--engine', '--threads', '--image-size', '--types'])
        expect(help).toContain(`  ${flag} `);
    },
  );

  test.each(verbs.map(({ name }) => name))(
    'help of %s describes every flag that the verb takes',
    async (verb) => {
      const command = await defined(verb);
      const flags = command.options.filter(({ hidden }) => !hidden);
      for (const { long, description } of flags) expect(description, `${verb} ${long}`).not.toBe('');
      expect(command.helpInformation()).toContain(`Usage: vaekit ${verb} `);
    },
  );
});

async function defined(verb: string, ...words: readonly string[]): Promise<Command> {
  const program = new Command('vaekit');
  const command = program.command(verb);
  const found = verbs.find(({ name }) => name === verb);
  // Without a system, train has only its list of them.
  (await found?.load())?.(command, words.length > 0 ? words : ['--help']);
  return words.reduce(
    (parent, name) => parent.commands.find((each) => each.name() === name) ?? parent,
    command,
  );
}

const helpOf = async (verb: string, ...words: readonly string[]) =>
  (await defined(verb, ...words)).helpInformation();

describe.skipIf(process.platform === 'win32')('in a pipe', () => {
  test('a reader that takes one line and goes away is no error', async () => {
    const one = await runInShell(root, 'vaekit systems --names | head -1');
    expect(one).toEqual({ code: 0, stdout: 'ae\n', stderr: '' });
    // Gone before the first line is written.
    const none = await runInShell(root, '{ sleep 1; vaekit systems; } | true');
    expect(none).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('an error keeps its exit code where nobody reads what it says', async () => {
    expect((await runInShell(root, '{ sleep 1; vaekit train vea; } 2>&1 | true')).code).toBe(2);
  });
});

/** Prints the address of every module that is loaded. */
const TELL_LOADED = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      writeSync(2, 'loaded ' + url + '\\\\n');
      return next(url, context);
    }\`));`)}`;

/** The modules that a file of the program was put together from. */
function partsOf(url: string): string[] {
  if (!url.startsWith('file:')) return [];
  return Array.from(readFileSync(new URL(url), 'utf8').matchAll(/^\/\/ (\S+\.m?js)$/gm), ([, path]) => path);
}

/** Packages that only work on data takes: they are slow to load. */
const HEAVY = ['onnxruntime', 'sharp', 'hyparquet'];

test.each([
  ['--help', [...HEAVY, 'zod']],
  ['--version', [...HEAVY, 'zod']],
  ['trian', HEAVY],
  ['systems', HEAVY],
  ['train vae --latnt 3', HEAVY],
  ['train vae --help', HEAVY],
  ['encode last --foo', HEAVY],
  ['sample --help', HEAVY],
])('%s loads nothing that it does not need', async (words, unneeded) => {
  const { stderr } = await vaekit(root, words.split(' '), { node: ['--import', TELL_LOADED] });
  const loaded = Array.from(stderr.matchAll(/^loaded (.*)$/gm), ([, url]) => [url, ...partsOf(url)]).flat();
  expect(loaded.filter((path) => path.includes('node_modules/commander'))).not.toEqual([]);
  expect(loaded.filter((path) => unneeded.some((name) => path.includes(`node_modules/${name}`)))).toEqual([]);
});
