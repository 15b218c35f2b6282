/** What someone meant who typed a name wrong. */

/** The candidate within a few typing errors of a name, if there is one. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({
    candidate,
    errors: typingErrors(name.toLowerCase(), candidate.toLowerCase()),
  }));
  const best = scored.sort((a, b) => a.errors - b.errors)[0];
  return best && best.errors <= Math.max(2, Math.ceil(name.length / 3)) ? best.candidate : undefined;
}

/** Letters left out, put in, replaced or swapped with their neighbour (Damerau 1964, without editing a swapped pair again). */
function typingErrors(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [previous, current] = [rows[i - 1], [i]];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + Number(a[i - 1] !== b[j - 1]);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2][j - 2] + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, swapped, previous[j] + 1, current[j - 1] + 1));
    }
    rows.push(current);
  }
  return rows[a.length][b.length];
}
