import type { ClientEventName } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { asRinglineError, type RinglineError } from '../errors.ts';
import type { Sending, Source } from '../media/room.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { DeviceView } from './device-view.ts';

/** Reports to the service, and through it to the others, what this device sends. */
export interface SendingReport extends Subscribable<{ error: RinglineError }> {
  /** Sets the state from which the service starts. */
  begin(known: Sending): void;
  /** Reports the differences to what the service knows, until it has taken them. */
  handleSending(sending: Sending): void;
}

export interface SendingReportDeps {
  callId: string;
  view: DeviceView;
  request: Signalling['request'];
  retry: RetryPolicy;
  logger: ClientLogger;
  /** Aborted when the client closes. */
  closing: AbortSignal;
}

const toggles = {
  microphone: 'call:toggle_audio',
  camera: 'call:toggle_video',
  screen: 'call:toggle_screen_share',
} as const satisfies Record<Source, ClientEventName>;

const sources = Object.keys(toggles) as Source[];

export function createSendingReport(deps: SendingReportDeps): SendingReport {
  const { callId, view, request, retry, closing } = deps;
  const emitter = createEmitter<{ error: RinglineError }>(deps.logger, { callId });
  let known: Sending = { microphone: false, camera: false, screen: false };
  let sending = known;
  let isReporting = false;

  /** Resolves to the refusal, if there is one. */
  const report = async (source: Source, enabled: boolean): Promise<RinglineError | null> => {
    try {
      await request(toggles[source], { callId, enabled });
      return null;
    } catch (error) {
      return asRinglineError(error);
    }
  };

  // One at a time: two quick presses of a button must not overtake each other.
  const reportDifferences = async (): Promise<void> => {
    let attempt = 0;
    for (;;) {
      const source = sources.find((one) => known[one] !== sending[one]);
      if (source === undefined || !view.here) break;
      const enabled = sending[source];
      const error = await report(source, enabled);
      const delay = retryDelayMs(retry, attempt, error);
      if (delay !== null) {
        attempt += 1;
        await pause(delay, closing);
      } else {
        attempt = 0;
        if (error !== null && view.here) emitter.emit('error', error);
        known = { ...known, [source]: enabled };
      }
    }
    isReporting = false;
  };

  return {
    on: emitter.on,
    begin: (now) => {
      known = now;
    },
    handleSending: (now) => {
      sending = now;
      if (isReporting) return;
      isReporting = true;
      void reportDifferences();
    },
  };
}
