import type { Call, Connection } from '@ringline/contract';
import type { MediaControl } from '../media/call-media.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { SendOptions } from './call.ts';
import type { CallTracker } from './call-tracker.ts';
import type { SendingReport } from './sending-report.ts';
import type { Starts } from './start.ts';

/** Without a connection, the media ask for one. */
export interface JoinAnswer {
  call: Call;
  connection?: Connection | undefined;
}

/** Brings this device into a call: by an accept, a rejoin, the answer to a start, or by itself. */
export interface Join {
  /** Two accepts at once send one request. */
  accept(body: { takeover?: boolean; rejoin?: boolean }, options: SendOptions): Promise<void>;
  handleAnswer(answer: JoinAnswer, options: SendOptions): void;
  /**
   * Joins where the service has the user in the call on this device, unasked: after a reload, after
   * a lost answer, after a start by the host app's back end.
   */
  joinIfBound(): void;
  /** The user wants out: closes the media, and waits for an accept that is under way. */
  abandon(): Promise<void>;
  handleOver(): void;
}

export interface JoinDeps {
  callId: string;
  request: Signalling['request'];
  tracker: CallTracker;
  media: MediaControl;
  report: SendingReport;
  /** A start under way may be answered with this call. */
  starts: Pick<Starts, 'isPending'>;
}

export function createJoin(deps: JoinDeps): Join {
  const { callId, request, tracker, media, report, starts } = deps;
  const { view } = tracker;
  /** The media are joined, or were and cannot be joined again. */
  let isJoined = false;
  let isAbandoned = false;
  let accepting: Promise<void> | null = null;

  const joinMedia = (connection: Connection | null, options: SendOptions) => {
    isJoined = true;
    const { audioEnabled, videoEnabled, screenSharing } = view.me;
    const { microphone = audioEnabled, camera = videoEnabled } = options;
    report.begin({ microphone: audioEnabled, camera: videoEnabled, screen: screenSharing });
    report.handleSending({ microphone, camera, screen: false });
    media.join(connection, { microphone, camera });
  };

  const handleAnswer: Join['handleAnswer'] = ({ call, connection = null }, options) => {
    tracker.handleJoined(call);
    if (view.here && !isAbandoned) joinMedia(connection, options);
  };

  const joinIfBound = () => {
    if (!view.here) isJoined = false;
    const isAnswerPending = accepting !== null || starts.isPending;
    if (view.here && !isJoined && !isAbandoned && !isAnswerPending) joinMedia(null, {});
  };

  const sendAccept = async (body: object, options: SendOptions) => {
    try {
      await tracker.suppressRingStop(async () =>
        handleAnswer(await request('call:accept', { callId, ...body }), options),
      );
    } finally {
      accepting = null;
      joinIfBound();
    }
  };

  return {
    accept: (body, options) => {
      isAbandoned = false;
      tracker.claim();
      accepting ??= sendAccept(body, options);
      return accepting;
    },
    handleAnswer,
    joinIfBound,
    abandon: async () => {
      isAbandoned = true;
      media.leave();
      await accepting?.catch(() => undefined);
    },
    handleOver: () => {
      media.leave();
      isAbandoned = false;
    },
  };
}
