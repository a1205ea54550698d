import { type Call, type CallEvent, getRingStopCause, type Notices } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import type { ClientLogger } from '../options.ts';
import { getEndCause, type RinglineCallEvents } from './call-events.ts';
import { createCallLog } from './call-log.ts';
import { createDeviceView, type DeviceView } from './device-view.ts';
import { createRingStop, type RingStop } from './ring-stop.ts';
import { type CallStage, findParticipant } from './stage.ts';

export interface CallTrackerEvents
  extends Pick<RinglineCallEvents, 'changed' | 'ringing_stopped' | 'moved' | 'ended'> {
  stage: CallStage;
  /** An event is missing. */
  gap: { callId: string };
}

/**
 * Applies everything that this device hears of a call, and emits the events that follow from it.
 */
export interface CallTracker extends Subscribable<CallTrackerEvents> {
  readonly view: DeviceView;
  handleEvent(event: CallEvent): void;
  applySnapshot(snapshot: Call): void;
  handleRingingStopped(notice: Notices['call:ringing_stopped']): void;
  /** Applies the service's answer to a start or an accept of this device. */
  handleJoined(snapshot: Call): void;
  /** LiveKit reports that another device has the call. */
  handleMoved(): void;
  /** The user wants to be in the call on this device; undoes `withdraw`. */
  claim(): void;
  /** This device is leaving or cannot join, even while the service still has it in the call. */
  withdraw(): void;
  suppressRingStop: RingStop['suppress'];
  close(): void;
}

export interface CallTrackerDeps {
  callId: string;
  userId: string;
  deviceId: string;
  logger: ClientLogger;
}

/** Why the service gave a user up: one who never joined has not lost a connection. */
function getLossCause(event: CallEvent | null) {
  if (event?.event !== 'call:participant_left' || event.reason !== 'connection_lost') return null;
  return event.participant.joinedAt === null ? 'connect_timeout' : 'connection_lost';
}

export function createCallTracker(deps: CallTrackerDeps): CallTracker {
  const { callId, userId, deviceId, logger } = deps;
  const emitter = createEmitter<CallTrackerEvents>(logger, { callId });
  const view = createDeviceView(deps);
  const ringStop = createRingStop(logger);
  emitter.forward(ringStop, 'ringing_stopped');
  let lossCause: ReturnType<typeof getLossCause> = null;

  const update = (call: Call) => {
    const previous = view.stage;
    view.update(call);
    const { stage } = view;
    emitter.emit('changed', call);
    if (stage === previous) return;
    if (stage === 'incoming') {
      ringStop.handleRing();
      view.setWithdrawn(false);
    }
    if (previous === 'incoming') {
      ringStop.handleStop(getRingStopCause(call, findParticipant(call, userId)?.state));
    }
    emitter.emit('stage', stage);
    if (stage === 'over') emitter.emit('ended', { cause: lossCause ?? getEndCause(call, userId) });
  };

  const log = createCallLog({
    onGap: () => emitter.emit('gap', { callId }),
    onChange: (call, event) => {
      const wasHere = view.here;
      const own = event !== null && 'userId' in event && event.userId === userId ? event : null;
      if (own?.event === 'call:accepted') view.handleAccepted(own.deviceId === deviceId);
      lossCause = getLossCause(own);
      update(call);
      if (wasHere && view.stage === 'elsewhere') emitter.emit('moved', { call });
    },
  });

  const setWithdrawn = (next: boolean) => {
    if (view.setWithdrawn(next) && view.known !== null) update(view.known);
  };

  return {
    on: emitter.on,
    view,
    handleEvent: log.receive,
    applySnapshot: log.adopt,
    handleRingingStopped: ({ cause }) => {
      if (view.stage === 'incoming') ringStop.handleStop(cause);
    },
    handleJoined: (snapshot) => {
      view.handleAccepted(true);
      log.adopt(snapshot);
      if (view.known !== null) update(view.known);
    },
    handleMoved: () => {
      if (!view.here) return;
      setWithdrawn(true);
      if (view.stage === 'elsewhere') emitter.emit('moved', { call: view.snapshot });
    },
    claim: () => setWithdrawn(false),
    withdraw: () => setWithdrawn(true),
    suppressRingStop: ringStop.suppress,
    close: log.close,
  };
}
