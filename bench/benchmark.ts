/** One thing that is measured. It starts what it needs and stops it again, and takes less than a minute. */
export interface Benchmark {
  name: string;
  /** What the figures are of, in a sentence. */
  of: string;
  /** Says each figure in a line. */
  run(say: (line: string) => void): Promise<void>;
}

export function perSecond(count: number, milliseconds: number): number {
  return Math.round((count / milliseconds) * 1000);
}
