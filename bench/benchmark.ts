/** A benchmark starts the servers that it needs, stops them, and takes less than a minute. */
export interface Benchmark {
  name: string;
  /** What is measured, in a sentence. */
  of: string;
  /** Prints each figure on a line. */
  run(say: (line: string) => void): Promise<void>;
}

export function perSecond(count: number, milliseconds: number): number {
  return Math.round((count / milliseconds) * 1000);
}
