import type { Call, CallEvent, Notices } from '@ringline/contract';
import { endCauseOf, type RinglineCallEvents, ringStopCauseOf } from './call-events.ts';
import { createCallLog } from './call-log.ts';
import type { Emitter } from './emitter.ts';
import { type CallStage, isIn, stageOf } from './stage.ts';

/**
 * One call as this device knows it: the fold of its events, whether this device is the one in it, and
 * the events that host apps hear when that changes.
 */
export interface Followed {
  /** null until the first snapshot. */
  readonly snapshot: Call | null;
  readonly here: boolean;
  readonly stage: CallStage;
  event(event: CallEvent): void;
  adopt(snapshot: Call): void;
  ringingStopped(notice: Notices['call:ringing_stopped']): void;
  /** This device is in the call now, as the service's answer says. */
  enter(snapshot: Call): void;
  /** It is not any more, or not yet again, although the user may be. */
  setHere(here: boolean): void;
  /** The call went to another device, as LiveKit or the service says. */
  moved(): void;
  /** While this device answers or declines, the end of the ringing is its own doing and not told. */
  quietly<Answer>(act: () => Promise<Answer>): Promise<Answer>;
  close(): void;
}

export interface FollowDeps {
  userId: string;
  deviceId: string;
  emitter: Emitter<RinglineCallEvents>;
  /** Whether a start by this device is on its way: then an own new call is taken to be here. */
  isStarting(): boolean;
  onGap(): void;
  onStage(stage: CallStage, previous: CallStage): void;
}

export const followCall = (deps: FollowDeps): Followed => {
  const { userId, deviceId, emitter, isStarting, onGap, onStage } = deps;
  let here = false;
  let stage: CallStage = 'over';
  let acting = 0;
  let lostConnection = false;
  let toldOfStop = false;

  const tellStop = (cause: RinglineCallEvents['ringing_stopped']['cause']) => {
    if (acting === 0 && !toldOfStop) emitter.emit('ringing_stopped', { cause });
    toldOfStop = true;
  };

  const settle = (call: Call) => {
    if (!isIn(call, userId)) here = false;
    const previous = stage;
    stage = stageOf(call, userId, here);
    emitter.emit('changed', call);
    if (stage === previous) return;
    if (stage === 'incoming') toldOfStop = false;
    if (previous === 'incoming') tellStop(ringStopCauseOf(call, userId));
    onStage(stage, previous);
    if (stage === 'over') {
      const cause = lostConnection ? 'connection_lost' : endCauseOf(call, userId);
      emitter.emit('ended', { cause });
    }
  };

  const tellMoved = (call: Call) => {
    emitter.emit('moved', { call });
  };

  const log = createCallLog({
    onGap,
    onChange: (call, event) => {
      const mine = event !== null && 'userId' in event && event.userId === userId ? event : null;
      const wasHere = here;
      if (mine?.event === 'call:accepted') here = mine.deviceId === deviceId;
      if (event?.event === 'call:started') here = isStarting() && call.initiatorId === userId;
      lostConnection = mine?.event === 'call:participant_left' && mine.reason === 'connection_lost';
      settle(call);
      if (wasHere && stage === 'elsewhere') tellMoved(call);
    },
  });

  const setHere = (next: boolean) => {
    here = next;
    if (log.call !== null) settle(log.call);
  };

  return {
    get snapshot() {
      return log.call;
    },
    get here() {
      return here;
    },
    get stage() {
      return stage;
    },
    event: log.receive,
    adopt: log.adopt,
    ringingStopped: ({ cause }) => {
      if (stage === 'incoming') tellStop(cause);
    },
    enter: (snapshot) => {
      here = true;
      log.adopt(snapshot);
      setHere(true);
    },
    setHere,
    moved: () => {
      if (!here) return;
      setHere(false);
      if (log.call !== null && stage === 'elsewhere') tellMoved(log.call);
    },
    quietly: async (act) => {
      acting += 1;
      try {
        return await act();
      } finally {
        acting -= 1;
      }
    },
    close: log.close,
  };
};
