/** In milliseconds. */
export interface Lateness {
  count: number;
  p50: number;
  p99: number;
  max: number;
  /** From the first deadline to the last commit. */
  took: number;
}

export function measureLateness(decided: readonly { due: number; committed: number }[]): Lateness {
  const sorted = decided.map(({ due, committed }) => committed - due).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  const first = decided.reduce((earliest, { due }) => Math.min(earliest, due), Infinity);
  const last = decided.reduce((latest, { committed }) => Math.max(latest, committed), -Infinity);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), took: last - first };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

export function toLine({ count, p50, p99, max, took }: Lateness): string {
  return (
    `${count} decided, each once; late by ${seconds(p50)} (p99 ${seconds(p99)}, at most ${seconds(max)}); ` +
    `all within ${seconds(took)} of the first deadline`
  );
}
