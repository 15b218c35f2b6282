/** Tests of what pages of the documentation show: commands run, examples compile and run, what they point to is there. */
import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { makePictures, temporaryFolder } from './commandLine.js';
import { findingsIn, javaScriptOf } from './compiler.js';
import { installPackage, manifest, ROOT } from './installedPackage.js';
import { type Page, type Passage, where } from './pages.js';
import { startProcess } from './processes.js';
import { commandsOf, problemOf, shortened } from './shownCommands.js';

/** @returns the folder in which the pages' commands run, each page in one of its own */
export async function testPages(pages: readonly Page[]): Promise<string> {
  const root = await temporaryFolder('docs');
  const installed = await installPackage(root, { peers: true });
  const shown = await makeShownData(join(root, 'shown'));
  const program = join(installed, manifest.bin.vaekit);
  const example = ({ page, line }: Passage) => join(root, `${basename(page, '.md')}-${line}.mts`);
  const examples = pages.flatMap((page) => blocksIn(page, 'ts'));
  await Promise.all(examples.map((block) => writeFile(example(block), block.text)));
  const findings = findingsIn(examples.map(example));

  /** Runs Node in the folder of a page. @throws Error with what was printed on stderr, if it fails */
  const run = async (place: Passage, words: readonly string[]): Promise<void> => {
    const folder = join(root, basename(place.page, '.md'));
    if (!existsSync(folder)) await cp(shown, folder, { recursive: true });
    const { code, stderr } = await startProcess(folder, [process.execPath, ...words]).outcome;
    if (code !== 0) throw new Error(`${where(place)}: ended with ${code}:\n${stderr}`);
  };

  const testCommands = (block: Passage) => {
    for (const [i, text] of block.text.split('\n').entries()) {
      const place = { ...block, line: block.line + i };
      for (const [first, ...words] of commandsOf(text)) {
        const command = [first, ...words].join(' ');
        if (first === manifest.name)
          test(`${where(place)}: ${command} works`, () => run(place, [program, ...shortened(words)]));
        else
          test(`${where(place)}: ${command} could be run`, () => {
            const problem = problemOf([first, ...words]);
            expect(problem && `${where(place)}: ${problem}`).toBeUndefined();
          });
      }
    }
  };

  const testExample = (block: Passage) => {
    test(`${where(block)}: the example compiles under strict options`, () => {
      const found = findings
        .filter(({ file }) => file === example(block))
        .map(({ line, message }) => `${block.page}, line ${block.line + line - 1}: ${message}`);
      expect(found).toEqual([]);
    });

    test(`${where(block)}: the example runs`, async () => {
      const short = block.text.replace(/\b(epochs|steps): [\d_]+/g, 'steps: 2');
      const script = example(block).replace(/ts$/, 'js');
      await writeFile(script, javaScriptOf(short));
      await run(block, [script]);
    });
  };

  for (const page of pages) {
    for (const block of page.blocks) {
      if (block.language === 'sh') testCommands(block);
      if (block.language === 'ts') testExample(block);
    }

    test(`${page.name} points to what is there`, () => {
      const missing = page.links
        .filter(({ text }) => !/^(https?:|#)/.test(text))
        .filter(({ text }) => !existsSync(join(ROOT, dirname(page.name), text.replace(/#.*$/, ''))))
        .map((link) => `${where(link)}: there is no ${link.text}`);
      expect(missing).toEqual([]);
    });

    test(`${page.name} names files of the sources that there are`, () => {
      // Those of a layer are called by their path within src/.
      const missing = page.code
        .filter(({ text }) => /^[\w-][\w./-]*\/[\w.-]+\.ts$|^(src|docs)\/[\w./-]*$/.test(text))
        .filter(({ text }) => !existsSync(join(ROOT, text)) && !existsSync(join(ROOT, 'src', text)))
        .map((path) => `${where(path)}: there is no ${path.text}`);
      expect(missing).toEqual([]);
    });
  }
  return root;
}

export const blocksIn = ({ blocks }: Page, wanted: string) =>
  blocks.filter(({ language }) => language === wanted);

/** The data that the pages name. */
async function makeShownData(folder: string): Promise<string> {
  await makePictures(join(folder, 'photos'), { each: 80, side: 16 });
  await writeFile(join(folder, 'iris.csv'), irisTable());
  await writeFile(join(folder, 'load.csv'), loadTable());
  await writeFile(join(folder, 'patients.csv'), irisTable().replace(/(?<=-\d*[37],)[\d.]+/g, ''));
  return folder;
}

/** Hours of a load, in the order of time. */
function loadTable(): string {
  const hours = Array.from({ length: 600 }, (_, i) => {
    const date = new Date(Date.UTC(2020, 0, 1, i)).toISOString();
    return `${date},${(5 + 2 * Math.sin(i / 4) + (i % 7) / 10).toFixed(2)},${(20 - (i % 11)).toFixed(1)}\n`;
  });
  return `date,load,temperature\n${hours.join('')}`;
}

/** @param damage stands in the place of a width, in line 12 */
export function irisTable(damage?: string): string {
  const species = ['setosa', 'versicolor', 'virginica'];
  const rows = Array.from({ length: 150 }, (_, i) => {
    const width = i === 10 && damage ? damage : 2 + ((7 * i) % 13) / 10;
    return `plant-${i},${4.3 + (i % 30) / 10},${width},${species[i % 3]}\n`;
  });
  return `id,length,width,species\n${rows.join('')}`;
}
