import type { Call } from '@ringline/contract';
import type { RinglineCall } from './calls/call.ts';
import type { RinglineError } from './errors.ts';
import type { ConnectionState } from './signalling/connection-status.ts';

export interface RinglineEvents {
  /** A call rings. Emitted once per ring, however often the service repeats it. */
  incoming: RinglineCall;
  /**
   * A call or an invitation came while this user was in another call. Nothing rings, and this call
   * cannot be joined; to call back, start a new one.
   */
  missed_busy: Call;
  /** A call was added or removed, or reached another stage. */
  calls_changed: readonly RinglineCall[];
  connection: ConnectionState;
  /** An error that concerns no single call: the host app gives no token, for example. */
  error: RinglineError;
}
