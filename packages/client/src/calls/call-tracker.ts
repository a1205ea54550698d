import {
  type Call,
  type CallEvent,
  deviceHashOf,
  type Notices,
  type Participant,
} from '@ringline/contract';
import type { Emitter } from '../emitter.ts';
import { endCauseOf, type RinglineCallEvents, ringStopCauseOf } from './call-events.ts';
import { createCallLog } from './call-log.ts';
import { type CallStage, isIn, participantOf, stageOf } from './stage.ts';

/**
 * One call as this device knows it: the fold of its events, whether this device is the one in it, and
 * the events that host apps hear when that changes.
 */
export interface Followed {
  /** null until the first snapshot. */
  readonly snapshot: Call | null;
  /** Whether the service has the user in the call on this device. */
  readonly isSeated: boolean;
  /** The same, but for a device that is on its way out. */
  readonly here: boolean;
  readonly stage: CallStage;
  event(event: CallEvent): void;
  adopt(snapshot: Call): void;
  ringingStopped(notice: Notices['call:ringing_stopped']): void;
  /** The service's answer to a start or an accept of this device. */
  enter(snapshot: Call): void;
  /** The person wants to be in the call on this device, which so far may have been withdrawn from it. */
  claim(): void;
  /** This device is on its way out, or has no way in, whatever the service still says. */
  withdraw(): void;
  /** The call went to another device, as LiveKit says. */
  moved(): void;
  /** While this device answers or declines, the end of the ringing is its own doing and not told. */
  quietly<Answer>(act: () => Promise<Answer>): Promise<Answer>;
  close(): void;
}

export interface FollowDeps {
  callId: string;
  userId: string;
  deviceId: string;
  emitter: Emitter<RinglineCallEvents>;
  onGap(): void;
  onStage(stage: CallStage, previous: CallStage): void;
}

/** What is lost was there once: who has never joined was given up before they were in. */
function lossOf({ joinedAt }: Participant) {
  return joinedAt === null ? 'connect_timeout' : 'connection_lost';
}

export function followCall(deps: FollowDeps): Followed {
  const { callId, userId, emitter, onGap, onStage } = deps;
  const ownHash = deviceHashOf(callId, userId, deps.deviceId);
  let here = false;
  let isUserIn = false;
  let isSeated = false;
  /** For a service of release 0.1, whose snapshots do not say on which device somebody is. */
  let wasAnsweredHere = false;
  let withdrawn = false;
  let stage: CallStage = 'over';
  let acting = 0;
  /** Why the service gave this user up. */
  let lostAs: 'connection_lost' | 'connect_timeout' | null = null;
  let toldOfStop = false;

  const tellStop = (cause: RinglineCallEvents['ringing_stopped']['cause']) => {
    if (acting === 0 && !toldOfStop) emitter.emit('ringing_stopped', { cause });
    toldOfStop = true;
  };

  const settle = (call: Call) => {
    const wasUserIn = isUserIn;
    isUserIn = isIn(call, userId);
    // Out by now: the withdrawal has come to its end.
    if (wasUserIn && !isUserIn) {
      withdrawn = false;
      wasAnsweredHere = false;
    }
    const hash = participantOf(call, userId)?.deviceHash;
    isSeated = isUserIn && (hash === undefined ? wasAnsweredHere : hash === ownHash);
    here = isSeated && !withdrawn;
    const previous = stage;
    stage = stageOf(call, userId, here);
    emitter.emit('changed', call);
    if (stage === previous) return;
    if (stage === 'incoming') {
      toldOfStop = false;
      withdrawn = false;
    }
    if (previous === 'incoming') tellStop(ringStopCauseOf(call, userId));
    onStage(stage, previous);
    if (stage === 'over') {
      emitter.emit('ended', { cause: lostAs ?? endCauseOf(call, userId) });
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
      if (mine?.event === 'call:accepted') wasAnsweredHere = mine.deviceId === deps.deviceId;
      lostAs =
        mine?.event === 'call:participant_left' && mine.reason === 'connection_lost'
          ? lossOf(mine.participant)
          : null;
      settle(call);
      if (wasHere && stage === 'elsewhere') tellMoved(call);
    },
  });

  const setWithdrawn = (next: boolean) => {
    if (withdrawn === next) return;
    withdrawn = next;
    if (log.call !== null) settle(log.call);
  };

  return {
    get snapshot() {
      return log.call;
    },
    get isSeated() {
      return isSeated;
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
      wasAnsweredHere = true;
      log.adopt(snapshot);
      if (log.call !== null) settle(log.call);
    },
    claim: () => setWithdrawn(false),
    withdraw: () => setWithdrawn(true),
    moved: () => {
      if (!here) return;
      setWithdrawn(true);
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
}
