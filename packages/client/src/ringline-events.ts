import type { Call } from '@ringline/contract';
import type { RinglineCall } from './calls/call.ts';
import type { RinglineError } from './errors.ts';
import type { ConnectionState } from './signalling/connection.ts';

export interface RinglineEvents {
  /** It rings: once per ring, however often the service says so. */
  incoming: RinglineCall;
  /**
   * Somebody called this user, or invited them into a call, who is in another one. Nothing rings, and nothing can be
   * done with that call; to call back, start one of your own.
   */
  missed_busy: Call;
  /** A call has come, gone or reached another stage. */
  calls_changed: readonly RinglineCall[];
  connection: ConnectionState;
  /** What concerns no single call: a host app that gives no token, for example. */
  error: RinglineError;
}
