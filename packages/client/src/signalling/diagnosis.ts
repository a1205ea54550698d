import { createEmitter, type Subscribable } from '../emitter.ts';
import { type RinglineError, unreachable } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { withAbortTimeout } from '../timeout.ts';

/** How long the first connection may fail before the developer hears of it. */
const REPORT_AFTER_MS = 2_000;
const HEALTH_MS = 3_000;

async function isCallService(response: Response): Promise<boolean> {
  const text = await response.text();
  return (
    response.headers.get('content-type')?.includes('json') === true && text.includes('"status"')
  );
}

/**
 * Asks for the service's health over HTTP. Resolves to one sentence for the developer. Never
 * rejects.
 */
async function findCause(origin: string, signal: AbortSignal): Promise<string> {
  const page = globalThis.location?.protocol;
  if (page === 'https:' && origin.startsWith('http:')) {
    return `An HTTPS page cannot connect to ${origin}, which is plain HTTP.`;
  }
  try {
    return await withAbortTimeout(HEALTH_MS, signal, async (limit) => {
      const response = await fetch(`${origin}/health`, { signal: limit });
      return (await isCallService(response))
        ? `${origin} answers HTTP, but no WebSocket gets through: a proxy in between may not forward upgrades at /socket.io.`
        : `The server at ${origin} is not Ringline's call service (HTTP ${response.status}): check the url.`;
    });
  } catch {
    // Browsers hide the reason: no server, the wrong protocol, a bad certificate and CORS look
    // alike.
    return `Nothing answers at ${origin}: check the url, the network, and whether the service is up and allows this page's origin.`;
  }
}

/**
 * Explains why the first connection fails: once, since after a first connection the state says
 * enough.
 */
export interface Diagnosis extends Subscribable<{ error: RinglineError }> {
  /**
   * Null until the failures have lasted long enough to be reported, and once there was a
   * connection.
   */
  readonly error: RinglineError | null;
  handleFailure(failingForMs: number): Promise<void>;
  stop(): void;
}

export function createDiagnosis(origin: string, logger: ClientLogger): Diagnosis {
  const emitter = createEmitter<{ error: RinglineError }>(logger);
  const stopping = new AbortController();
  let error: RinglineError | null = null;
  return {
    on: emitter.on,
    get error() {
      return error;
    },
    handleFailure: async (failingForMs) => {
      const { signal } = stopping;
      if (signal.aborted || error !== null || failingForMs < REPORT_AFTER_MS) return;
      error = unreachable('connect');
      const cause = await findCause(origin, signal);
      if (signal.aborted) return;
      error = unreachable('connect', undefined, cause);
      emitter.emit('error', error);
    },
    stop: () => {
      stopping.abort();
      error = null;
    },
  };
}
