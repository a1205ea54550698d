import type { RinglineError } from '../errors.ts';

/** Those who wait for one thing to happen, each for so long at most. */
export interface Waiters {
  wait(limitMs: number, tooLate: () => RinglineError): Promise<void>;
  resolve(): void;
  reject(error: RinglineError): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<(error: RinglineError | null) => void>();
  const settle = (error: RinglineError | null) => {
    for (const end of [...waiting]) end(error);
  };
  return {
    wait: (limitMs, tooLate) =>
      new Promise((resolve, reject) => {
        const end = (error: RinglineError | null) => {
          clearTimeout(timer);
          waiting.delete(end);
          if (error === null) resolve();
          else reject(error);
        };
        const timer = setTimeout(() => end(tooLate()), limitMs);
        waiting.add(end);
      }),
    resolve: () => settle(null),
    reject: settle,
  };
}
