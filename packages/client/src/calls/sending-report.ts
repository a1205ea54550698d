import type { ClientEventName } from '@ringline/contract';
import { asRinglineError, type RinglineError } from '../errors.ts';
import type { Sending, Source } from '../media/room.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';

/** Tells the service, and through it the others, what this device sends. */
export interface SendingReport {
  /** What the service knows at the beginning of a stay. */
  begin(known: Sending): void;
  /** Reports the differences to what the service knows, again and again until it does. */
  send(sending: Sending): void;
}

const toggles = {
  microphone: 'call:toggle_audio',
  camera: 'call:toggle_video',
  screen: 'call:toggle_screen_share',
} as const satisfies Record<Source, ClientEventName>;

const sources = Object.keys(toggles) as Source[];

export function createSendingReport(deps: {
  callId: string;
  request: Signalling['request'];
  retry: RetryPolicy;
  /** Whether this device is in the call; one that is not has nothing to report. */
  isHere(): boolean;
  onError(error: RinglineError): void;
  /** Aborted when the client closes. */
  closing: AbortSignal;
}): SendingReport {
  const { callId, request, retry, isHere, onError, closing } = deps;
  let known: Sending = { microphone: false, camera: false, screen: false };
  let sending = known;
  let busy = false;

  /** Resolves to what stands against it, if anything does. */
  const report = async (source: Source, enabled: boolean): Promise<RinglineError | null> => {
    try {
      await request(toggles[source], { callId, enabled });
      return null;
    } catch (error) {
      return asRinglineError(error);
    }
  };

  // One after the other: two quick presses of a button must not overtake each other.
  const catchUp = async (): Promise<void> => {
    let attempt = 0;
    for (;;) {
      const source = sources.find((one) => known[one] !== sending[one]);
      if (source === undefined || !isHere()) break;
      const enabled = sending[source];
      const error = await report(source, enabled);
      const delay = retryDelayMs(retry, attempt, error);
      if (delay !== null) {
        attempt += 1;
        await pause(delay, closing);
      } else {
        attempt = 0;
        if (error !== null && isHere()) onError(error);
        known = { ...known, [source]: enabled };
      }
    }
    busy = false;
  };

  return {
    begin: (now) => {
      known = now;
    },
    send: (now) => {
      sending = now;
      if (busy) return;
      busy = true;
      void catchUp();
    },
  };
}
