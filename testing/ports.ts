import { isFree } from '../scripts/stack/ports.ts';

/**
 * Above 10080, the highest port to which browsers and `fetch` refuse to connect, and below the
 * range for outgoing connections, which could otherwise take a port before its server listens.
 */
const LOWEST = 11_000;
const WORKERS = 8;
const PORTS_OF_WORKER = 2_600;

/** Chooses free ports for the tests of one of Jest's workers. No other worker chooses the same. */
export function createPortChooser(worker: number): () => Promise<number> {
  const lowest = LOWEST + (worker % WORKERS) * PORTS_OF_WORKER;
  // Each test file begins at a random port and counts up, so no port is given twice.
  let next = Math.floor(Math.random() * PORTS_OF_WORKER);
  return async () => {
    for (;;) {
      const port = lowest + next;
      next = (next + 1) % PORTS_OF_WORKER;
      if (await isFree(port)) return port;
    }
  };
}

/** Returns a free port that it has not returned before. */
export const freePort = createPortChooser(Number(process.env.JEST_WORKER_ID ?? '0'));
