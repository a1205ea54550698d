import type { Call, CallEvent, NoticeName, Notices, StartBody } from '@ringline/contract';
import { type CallDeps, type CallInlet, createCall } from './call.ts';
import { randomId } from './id.ts';
import type { RinglineCall, SendOptions } from './ringline-call.ts';
import { createServiceClock } from './service-clock.ts';
import { isIn } from './stage.ts';
import { createSync } from './sync.ts';

/** Calls that are over are kept for a while, since their last events may come twice. */
const KEEP_OVER = 20;

export interface StartOptions extends StartBody, SendOptions {}

/** All calls of this user: who gets which message, and what there is to show. */
export interface Calls {
  /** In which this user is rung or in, here or elsewhere; the oldest first. */
  list(): RinglineCall[];
  get(callId: string): RinglineCall | undefined;
  start(options: StartOptions): Promise<RinglineCall>;
  event(event: CallEvent): void;
  notice<Name extends NoticeName>(name: Name, notice: Notices[Name]): void;
  /** After each connect; repeated until it has succeeded, or the connection is gone. */
  sync(connection: AbortSignal): Promise<void>;
  close(): void;
}

export interface CallsDeps
  extends Omit<CallDeps, 'id' | 'clock' | 'isStarting' | 'onGap' | 'onStage'> {
  onIncoming(call: RinglineCall): void;
  onMissedBusy(call: Call): void;
  onListed(calls: RinglineCall[]): void;
}

export const createCalls = (deps: CallsDeps): Calls => {
  const { request, rest, logger, memory, userId } = deps;
  const inlets = new Map<string, CallInlet>();
  const clock = createServiceClock();
  let starting = 0;

  const isLive = ({ known, call }: CallInlet) => known !== null && call.stage !== 'over';
  const live = () => [...inlets.values()].filter(isLive);
  const list = () => live().map(({ call }) => call);

  const dropOld = () => {
    const over = [...inlets].filter(([, inlet]) => inlet.known !== null && !isLive(inlet));
    for (const [callId] of over.slice(0, -KEEP_OVER)) drop(callId);
  };

  const drop = (callId: string) => {
    inlets.get(callId)?.close();
    inlets.delete(callId);
  };

  const inletOf = (callId: string): CallInlet => {
    const known = inlets.get(callId);
    if (known !== undefined) return known;
    const inlet = createCall({
      ...deps,
      id: callId,
      clock,
      isStarting: () => starting > 0,
      onGap: () => void sync.now(),
      onStage: (call, stage) => {
        sync.tick(live().length > 0);
        if (stage === 'incoming') deps.onIncoming(call);
        deps.onListed(list());
        dropOld();
      },
    });
    inlets.set(callId, inlet);
    return inlet;
  };

  const adopt = (snapshot: Call) => {
    const inlet = inletOf(snapshot.id);
    // This page was reloaded in the middle of the call.
    const resumes = inlet.known === null && memory.holds(snapshot.id) && isIn(snapshot, userId);
    if (resumes) inlet.resume(snapshot);
    else inlet.adopt(snapshot);
  };

  const sync = createSync({
    request,
    rest,
    retry: deps.retry,
    logger,
    known: () => Object.fromEntries(live().map(({ call }) => [call.id, call.snapshot.seq])),
    onTime: clock.heard,
    onCall: adopt,
    onDone: () => {
      for (const [callId, { known }] of inlets) if (known === null) drop(callId);
    },
    onUnknown: drop,
  });

  const handlers: { [Name in NoticeName]: (notice: Notices[Name]) => void } = {
    'call:incoming': (notice) => inletOf(notice.callId).incoming(notice),
    'call:ringing_stopped': (notice) => inlets.get(notice.callId)?.ringingStopped(notice),
    'call:missed_busy': ({ call }) => deps.onMissedBusy(call),
    'call:ending_soon': (notice) => inlets.get(notice.callId)?.endingSoon(notice),
    'call:quality_changed': (notice) => inlets.get(notice.callId)?.qualityChanged(notice),
    'call:sync': ({ calls, now }) => {
      if (now !== undefined) clock.heard(now);
      calls.forEach(adopt);
    },
    'call:error': (notice) => logger.warn('the service refused an event', notice),
  };

  const start = async ({ microphone, camera, ...body }: StartOptions) => {
    starting += 1;
    try {
      const answer = await request('call:start', { ...body, idempotencyKey: randomId() });
      const inlet = inletOf(answer.call.id);
      inlet.enter(answer, {
        ...(microphone !== undefined && { microphone }),
        ...(camera !== undefined && { camera }),
      });
      return inlet.call;
    } finally {
      starting -= 1;
      if (starting === 0) for (const inlet of live()) inlet.notStartedHere();
    }
  };

  return {
    list,
    get: (callId) => live().find(({ call }) => call.id === callId)?.call,
    start,
    event: (event) => {
      clock.heard(event.at);
      inletOf(event.callId).event(event);
    },
    notice: (name, notice) => handlers[name](notice),
    sync: sync.connected,
    close: () => {
      sync.close();
      for (const inlet of inlets.values()) inlet.close();
    },
  };
};
