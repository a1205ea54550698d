import { createEmitter, type Subscribable } from '../emitter.ts';
import { closed, type RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** The state of a connection, and the callers that wait for it to be connected. */
export interface ConnectionStatus extends Subscribable<{ state: ConnectionState }> {
  readonly state: ConnectionState;
  set(next: ConnectionState): void;
  /** Rejects the waiting callers. */
  close(error: RinglineError): void;
  /**
   * Resolves once connected. Rejects with `tooLate()` after `limitMs`, or with the reason of the
   * end.
   */
  waitUntilConnected(limitMs: number, tooLate: () => RinglineError): Promise<void>;
}

export function createConnectionStatus(logger: ClientLogger): ConnectionStatus {
  const emitter = createEmitter<{ state: ConnectionState }>(logger);
  let state: ConnectionState = 'idle';
  const waiting = new Set<(error: RinglineError | null) => void>();
  const settle = (error: RinglineError | null) => {
    for (const end of [...waiting]) end(error);
  };
  const wait = (limitMs: number, tooLate: () => RinglineError) =>
    new Promise<void>((resolve, reject) => {
      const end = (error: RinglineError | null) => {
        clearTimeout(timer);
        waiting.delete(end);
        if (error === null) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => end(tooLate()), limitMs);
      waiting.add(end);
    });

  const set = (next: ConnectionState) => {
    if (next === state) return;
    state = next;
    if (next === 'connected') settle(null);
    emitter.emit('state', next);
  };

  return {
    on: emitter.on,
    get state() {
      return state;
    },
    set,
    close: (error) => {
      set('closed');
      settle(error);
    },
    waitUntilConnected: async (limitMs, tooLate) => {
      if (state === 'closed') throw closed();
      if (state !== 'connected') await wait(limitMs, tooLate);
    },
  };
}
