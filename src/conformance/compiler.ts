/** TypeScript as its users set it up: what it finds wrong with files that import the package. */
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { ROOT } from './installedPackage.js';

export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** The strict options of this repository, without what is only about building it. */
function strictOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const { rootDir: _, outDir: __, composite: ___, ...strict } = options;
  // An example ends where its reader goes on: what it names is used after it.
  return { ...strict, noEmit: true, noUnusedLocals: false };
}

export function findingsIn(files: readonly string[], options: ts.CompilerOptions = {}): Finding[] {
  const program = ts.createProgram(files, { ...strictOptions(), ...options });
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (!file) throw new Error(`TypeScript could not compile: ${message}`);
    const { line } = file.getLineAndCharacterOfPosition(start);
    return { file: resolve(file.fileName), line: line + 1, message };
  });
}

/** JavaScript of a module. */
export function javaScriptOf(text: string): string {
  const { target, module } = strictOptions();
  return ts.transpileModule(text, { compilerOptions: { target, module }, fileName: 'example.mts' })
    .outputText;
}
