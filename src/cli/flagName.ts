/** Options are named in camelCase and flags in kebab-case: `batchSize` → `batch-size`. */
export function flagName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
