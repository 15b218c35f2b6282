/** Which weights came out of a run, for its report and for the terminal; apart from what reads and writes files. */
import type { RunSummary } from './summary.js';

export function aboutWeights({ best, isGame }: RunSummary): string {
  if (best) return `The weights are those of step ${best.step}, where the validation objective was lowest.`;
  const because = isGame
    ? 'phases play against each other, and no number tells a better step from a worse one'
    : 'no evaluation counted before its schedules and stages were through';
  return `The weights are the last ones: ${because}.`;
}
