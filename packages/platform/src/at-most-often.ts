/** Calls `report` at most once per interval, with the number of calls since the last report. */
export function atMostOften(intervalMs: number) {
  let count = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return {
    now(report: (count: number) => void): void {
      count += 1;
      if (performance.now() - reportedAt < intervalMs) return;
      report(count);
      count = 0;
      reportedAt = performance.now();
    },
    reset(): void {
      count = 0;
      reportedAt = Number.NEGATIVE_INFINITY;
    },
  };
}
