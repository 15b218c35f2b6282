/** Shell commands of the documentation: how a test runs them in a moment, or what it checks instead of running them. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { manifest, ROOT } from './installedPackage.js';

/** Commands of npm itself; others are scripts of the package. */
const NPM_COMMANDS = ['ci', 'install', 'link'];

/** Commands of a line, each as its words. */
export function commandsOf(line: string): string[][] {
  return line
    .replace(/(^|\s)#.*$/, '')
    .split('&&')
    .map((command) =>
      Array.from(command.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g), ([all, a, b]) => a ?? b ?? all),
    )
    .filter((words) => words.length > 0);
}

/** Of the generated digits, enough to be split and measured. */
const DIGITS = ['--size', '2000'];

/** A command of `vaekit` as it is run in a test: two steps are as good as two thousand. */
export function shortened([verb, ...words]: readonly string[]): string[] {
  if (verb === 'train') {
    const isDigits = !words.includes('--data') || words.includes('glyphs');
    const size = isDigits && !words.includes('--size') ? DIGITS : [];
    return [verb, ...withoutLength(words), '--steps', '2', ...size];
  }
  // Only priors that are trained have steps.
  if (verb === 'fit-prior' && words.includes('--steps'))
    return [verb, ...withoutLength(words), '--steps', '2'];
  if (verb !== 'bench') return [verb, ...words];
  return [verb, 'tabular-ae', '--seconds', '0.1', ...words.filter((word) => word === '--json')];
}

/** Without the flags that say how long to train. */
function withoutLength(words: readonly string[]): string[] {
  const isLength = (word: string) => word === '--epochs' || word === '--steps';
  return words.filter((word, i) => !isLength(word) && !(i > 0 && isLength(words[i - 1])));
}

/** @returns what is wrong with a command that is not run, in words */
export function problemOf([program, ...words]: readonly string[]): string | undefined {
  const [first] = words;
  const isThere = (path: string) => existsSync(join(ROOT, path));
  switch (program) {
    case 'npm': {
      const script = first === 'run' ? words[1] : first;
      if (NPM_COMMANDS.includes(first) || script in manifest.scripts) return undefined;
      return `package.json has no script '${script}'`;
    }
    case 'npx': {
      const missing = [`node_modules/.bin/${first}`, ...words.filter((word) => word.includes('/'))].find(
        (path) => !isThere(path),
      );
      return missing && `there is no ${missing}`;
    }
    case 'node':
      return isThere(first) ? undefined : `there is no ${first}`;
    case 'cd':
      // A clone is called as the package is.
      return first === manifest.name || isThere(first) ? undefined : `there is no folder ${first}`;
    case 'git': {
      const name = basename(words[words.length - 1]);
      return first === 'clone' && name === manifest.name ? undefined : `clones ${name}, not ${manifest.name}`;
    }
    default:
      return `no test knows how to check '${program}'`;
  }
}
