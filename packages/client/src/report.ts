import type { ClientEventName } from '@ringline/contract';
import { asRinglineError, type RinglineError } from './errors.ts';
import type { Sending, Source } from './media/room.ts';
import type { Signalling } from './signalling.ts';

/** Tells the service, and through it the others, what this device sends. */
export interface SendingReport {
  /** What the service knows at the beginning of a stay. */
  begin(known: Sending): void;
  /** Reports the differences to what was reported last. */
  send(sending: Sending): void;
}

const toggles = {
  microphone: 'call:toggle_audio',
  camera: 'call:toggle_video',
  screen: 'call:toggle_screen_share',
} as const satisfies Record<Source, ClientEventName>;

export const createSendingReport = (deps: {
  callId: string;
  request: Signalling['request'];
  onError(error: RinglineError): void;
}): SendingReport => {
  const { callId, request, onError } = deps;
  let reported: Sending = { microphone: false, camera: false, screen: false };
  // One after the other: two quick presses of a button must not overtake each other.
  let last: Promise<unknown> = Promise.resolve();
  return {
    begin: (known) => {
      reported = known;
    },
    send: (sending) => {
      const before = reported;
      reported = sending;
      for (const source of Object.keys(toggles) as Source[]) {
        if (before[source] === sending[source]) continue;
        const toggle = { callId, enabled: sending[source] };
        last = last
          .then(() => request(toggles[source], toggle))
          .catch((error: unknown) => onError(asRinglineError(error)));
      }
    },
  };
};
