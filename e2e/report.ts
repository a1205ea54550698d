/** Prints a measurement for people to read. It never decides whether a test passes. */
export function report(line: string): void {
  process.stdout.write(`\n  measured: ${line}\n`);
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(
    Math.ceil(middle) - 1,
    Math.floor(middle) + 1,
  );
  return (low + high) / 2;
}
