import { isFree } from '../scripts/stack/ports.ts';

/**
 * Above 10080, to which browsers and `fetch` refuse to connect (Fetch Standard, Port blocking), and below the range from
 * which the system takes the ports of outgoing connections: none of those can grab a port before its server listens.
 */
const LOWEST = 11_000;
const WORKERS = 8;
const PORTS_OF_WORKER = 2_600;

/** Free ports for the test files that run in one of Jest's workers, of which no other worker chooses any. */
export function createPortChooser(worker: number): () => Promise<number> {
  const lowest = LOWEST + (worker % WORKERS) * PORTS_OF_WORKER;
  // Each test file begins somewhere else and goes on from there: no two servers are promised the same port.
  let next = Math.floor(Math.random() * PORTS_OF_WORKER);
  return async () => {
    for (;;) {
      const port = lowest + next;
      next = (next + 1) % PORTS_OF_WORKER;
      if (await isFree(port)) return port;
    }
  };
}

/** A free port, and none that was given before. */
export const freePort = createPortChooser(Number(process.env.JEST_WORKER_ID ?? '0'));
