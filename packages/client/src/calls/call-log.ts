import { applyEvent, type Call, type CallEvent } from '@ringline/contract';

const HOLD_MS = 300;

/**
 * Applies the events of one call in the order of `seq`: drops repeated ones, and holds back early
 * ones. An event that is still missing after 300 ms counts as lost, and the caller has to fetch a
 * snapshot.
 */
export interface CallLog {
  /** Null until the first snapshot. */
  readonly call: Call | null;
  receive(event: CallEvent): void;
  /**
   * Takes a snapshot of any source: an answer, a sync, an incoming ring. An older one changes
   * nothing.
   */
  adopt(snapshot: Call): void;
  close(): void;
}

export interface CallLogHandlers {
  /** `event` is null after a snapshot. */
  onChange(call: Call, event: CallEvent | null): void;
  /** Called every 300 ms while an event is missing. */
  onGap(): void;
}

export function createCallLog({ onChange, onGap }: CallLogHandlers): CallLog {
  let call: Call | null = null;
  const early = new Map<number, CallEvent>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  const stopTimer = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  const startTimer = () => {
    timer ??= setTimeout(() => {
      timer = null;
      startTimer();
      onGap();
    }, HOLD_MS);
  };

  const advance = (next: Call, event: CallEvent | null) => {
    call = next;
    for (const seq of [...early.keys()]) if (seq <= next.seq) early.delete(seq);
    onChange(next, event);
  };

  const applyEarly = () => {
    for (let next = nextEvent(); next !== undefined; next = nextEvent()) {
      if (call !== null) advance(applyEvent(call, next), next);
    }
    if (early.size === 0) stopTimer();
    else startTimer();
  };
  const nextEvent = () => (call === null ? undefined : early.get(call.seq + 1));

  return {
    get call() {
      return call;
    },
    receive: (event) => {
      if (call !== null && event.seq <= call.seq) return;
      // These two carry the whole call and need no earlier event.
      if (event.event === 'call:started' || event.event === 'call:ended') {
        advance(event.call, event);
      } else {
        early.set(event.seq, event);
      }
      applyEarly();
    },
    adopt: (snapshot) => {
      if (call === null || snapshot.seq > call.seq) advance(snapshot, null);
      applyEarly();
    },
    close: () => {
      stopTimer();
      early.clear();
    },
  };
}
