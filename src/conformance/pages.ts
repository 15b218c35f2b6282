/** Pages of the documentation, taken apart: what they show and what they point to, each with its line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './installedPackage.js';

export interface Passage {
  readonly page: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  readonly name: string;
  /** Fenced blocks by language, in order; the line is that of their first line of code. */
  readonly blocks: readonly (Passage & { readonly language: string })[];
  /** Targets of links and pictures. */
  readonly links: readonly Passage[];
  /** Inline code. */
  readonly code: readonly Passage[];
}

export const where = ({ page, line }: Passage) => `${page}, line ${line}`;

export function readPages(): Page[] {
  const docs = ['docs', 'docs/systems'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  );
  return ['README.md', 'CONTRIBUTING.md', ...docs].map(readPage);
}

function readPage(page: string): Page {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  const blocks: (Passage & { language: string })[] = [];
  const links: Passage[] = [];
  const code: Passage[] = [];
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w*)$/.exec(lines[i])?.[1];
    if (language === undefined) {
      const found = (pattern: RegExp) =>
        Array.from(lines[i].matchAll(pattern), ([, text]) => ({ page, line: i + 1, text }));
      links.push(...found(/\]\(([^)\s]+)\)/g));
      code.push(...found(/`([^`]+)`/g));
      continue;
    }
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`${page}, line ${i + 1}: the block has no end; close it with \`\`\``);
    blocks.push({ page, line: i + 2, language, text: lines.slice(i + 1, end).join('\n') });
    i = end;
  }
  return { name: page, blocks, links, code };
}

export const isOfSystem = ({ name }: Page) => name.startsWith('docs/systems/');
