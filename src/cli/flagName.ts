/** Options are named in camelCase and flags in kebab-case: `batchSize` → `--batch-size`. */

/** Without the dashes. */
export function flagName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The flag of an option that says how data are read; `--channels` is one of networks. */
export function dataFlag(option: string): string {
  return option === 'channels' ? '--image-channels' : `--${flagName(option)}`;
}

/**
 * What the data say, which name options as TypeScript does, with the flags that the command line has for them:
 * `labelColumn=none` → `--label-column none`.
 */
export function withFlags(sentence: string): string {
  return sentence
    .replace(/\bheader=false\b/g, '--no-header')
    .replace(
      /\b(imageSize|labelColumn|missing|kind|points)=(?=[\w-])/g,
      (_, option: string) => `${dataFlag(option)} `,
    )
    .replace(/\b(imageSize|labelColumn)\b/g, dataFlag)
    .replace(/\btypes (?=\S+=)/g, '--types ')
    .replace(/\bdeclare types\b/g, 'declare --types')
    .replace(/\bleave out strict\b/g, 'leave out --strict')
    .replace(/\boptions array and labels\b/g, '--array and --labels')
    .replace(/\bthe option (\w+)\b/g, (_, option: string) => `the option ${dataFlag(option)}`);
}
