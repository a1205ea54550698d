import type { Call, Notices } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { createCallMedia, type MediaControl } from '../media/call-media.ts';
import type { OpenRoom } from '../media/room.ts';
import type { ClientLogger, QualityOptions } from '../options.ts';
import { createQualityControl } from '../quality/quality-control.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Rest } from '../signalling/rest.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { createRingAcknowledgement } from './acknowledge-ring.ts';
import type { RinglineCall } from './call.ts';
import type { RinglineCallEvents } from './call-events.ts';
import { type CallTracker, type CallTrackerEvents, createCallTracker } from './call-tracker.ts';
import { createJoin, type Join } from './join.ts';
import { createLeave } from './leave.ts';
import { createRinglineCall } from './ringline-call.ts';
import { createSendingReport } from './sending-report.ts';
import type { ServiceClock } from './service-clock.ts';
import type { Starts } from './start.ts';
import type { Sync } from './sync.ts';

/** One call: takes what the service says of it, and lets its parts react. */
export interface CallController
  extends Pick<CallTracker, 'handleEvent' | 'applySnapshot' | 'handleRingingStopped'>,
    Pick<Join, 'handleAnswer' | 'joinIfBound'>,
    Subscribable<Pick<CallTrackerEvents, 'stage'>> {
  readonly call: RinglineCall;
  /** Null until the first snapshot. */
  readonly known: Call | null;
  handleIncoming(notice: Notices['call:incoming']): void;
  handleEndingSoon(notice: Notices['call:ending_soon']): void;
  handleQualityChanged(notice: Notices['call:quality_changed']): void;
  close(): void;
}

export interface CallControllerDeps {
  callId: string;
  userId: string;
  deviceId: string;
  request: Signalling['request'];
  rest: Rest;
  clock: ServiceClock;
  starts: Pick<Starts, 'isPending'>;
  sync: Pick<Sync, 'now'>;
  /** Null where media is switched off. */
  openRoom: OpenRoom | null;
  /** Null where quality is not measured. */
  quality: QualityOptions | null;
  retry: RetryPolicy;
  logger: ClientLogger;
}

/** LiveKit or the service keeps this device out of the room. */
function handleLostMedia(media: MediaControl, tracker: CallTracker, deps: CallControllerDeps) {
  const { callId, logger, sync } = deps;
  media.on('moved', () => {
    tracker.handleMoved();
    media.leave();
  });
  media.on('refused', async (error) => {
    logger.info('this device cannot join the media', { callId, code: error.code });
    if (error.code === 'ANSWERED_ELSEWHERE') return tracker.handleMoved();
    // The call is probably over, and the event is still to come. Otherwise this device cannot be in
    // it.
    await sync.now();
    if (tracker.view.here) tracker.withdraw();
  });
}

export function createCallController(callDeps: CallControllerDeps): CallController {
  const { callId, rest, logger, sync } = callDeps;
  const emitter = createEmitter<RinglineCallEvents>(logger, { callId });
  const closing = new AbortController();
  const tracker = createCallTracker(callDeps);
  const media = createCallMedia({ ...callDeps, getConnection: () => rest.connection(callId) });
  const { view } = tracker;
  const deps = { ...callDeps, tracker, view, media, closing: closing.signal };
  const report = createSendingReport(deps);
  const quality = createQualityControl({
    ...deps,
    options: callDeps.quality,
    isCameraOn: () => view.me.videoEnabled,
  });
  const acknowledgeRing = createRingAcknowledgement(deps);
  const join = createJoin({ ...deps, report });
  const leave = createLeave({ ...deps, join });
  const call = createRinglineCall({ ...deps, on: emitter.on, quality, join, leave });

  const ring = async (isNew: boolean) => {
    const answer = await acknowledgeRing({ isNew });
    if (answer !== null) tracker.applySnapshot(answer);
  };

  emitter.forward(tracker, 'changed', 'ringing_stopped', 'moved', 'ended');
  for (const part of [media, report, quality]) emitter.forward(part, 'error');
  tracker.on('gap', sync.now);
  tracker.on('stage', (stage) => {
    if (stage === 'incoming') void ring(true);
    if (stage === 'over') join.handleOver();
    if (stage === 'elsewhere') media.yield();
    join.joinIfBound();
  });
  media.on('joining', quality.measure);
  media.on('changed', () => emitter.emit('media', media.view));
  media.on('sending', report.handleSending);
  handleLostMedia(media, tracker, callDeps);
  quality.on('changed', (changed) => emitter.emit('quality', changed));

  return {
    call,
    on: tracker.on,
    get known() {
      return view.known;
    },
    handleEvent: tracker.handleEvent,
    applySnapshot: tracker.applySnapshot,
    handleRingingStopped: tracker.handleRingingStopped,
    handleIncoming: (notice) => {
      tracker.applySnapshot(notice.call);
      if (view.stage === 'incoming') void ring(false);
    },
    handleQualityChanged: quality.handleNotice,
    handleEndingSoon: ({ at, reason }) => emitter.emit('ending_soon', { at, reason }),
    handleAnswer: join.handleAnswer,
    joinIfBound: join.joinIfBound,
    close: () => {
      closing.abort();
      media.leave();
      tracker.close();
    },
  };
}
