import { applyEvent, type Call, type CallEvent } from '@ringline/contract';

const HOLD_MS = 300;

/**
 * Puts the events of one call into order: applies the next one, drops what is known, holds back what
 * comes early. What is still missing after 300 ms is lost, and somebody has to ask for the whole call.
 */
export interface CallLog {
  /** null until the first snapshot. */
  readonly call: Call | null;
  receive(event: CallEvent): void;
  /** A snapshot from wherever: an answer, a sync, an incoming ring. An older one changes nothing. */
  adopt(snapshot: Call): void;
  close(): void;
}

export interface CallLogHandlers {
  /** `event` is null where a snapshot made the change. */
  onChange(call: Call, event: CallEvent | null): void;
  /** Said again every 300 ms for as long as something is missing. */
  onGap(): void;
}

export function createCallLog({ onChange, onGap }: CallLogHandlers): CallLog {
  let call: Call | null = null;
  const early = new Map<number, CallEvent>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  const stopWaiting = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  const wait = () => {
    timer ??= setTimeout(() => {
      timer = null;
      wait();
      onGap();
    }, HOLD_MS);
  };

  const advance = (next: Call, event: CallEvent | null) => {
    call = next;
    for (const seq of [...early.keys()]) if (seq <= next.seq) early.delete(seq);
    onChange(next, event);
  };

  const drain = () => {
    for (let next = nextEvent(); next !== undefined; next = nextEvent()) {
      if (call !== null) advance(applyEvent(call, next), next);
    }
    if (early.size === 0) stopWaiting();
    else wait();
  };
  const nextEvent = () => (call === null ? undefined : early.get(call.seq + 1));

  return {
    get call() {
      return call;
    },
    receive: (event) => {
      if (call !== null && event.seq <= call.seq) return;
      // These two carry the whole call, so they need nothing that came before them.
      if (event.event === 'call:started' || event.event === 'call:ended') {
        advance(event.call, event);
      } else {
        early.set(event.seq, event);
      }
      drain();
    },
    adopt: (snapshot) => {
      if (call === null || snapshot.seq > call.seq) advance(snapshot, null);
      drain();
    },
    close: () => {
      stopWaiting();
      early.clear();
    },
  };
}
