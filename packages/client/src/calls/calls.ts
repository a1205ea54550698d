import type { Call, CallEvent, NoticeName, Notices, StartBody } from '@ringline/contract';
import type { RinglineCall, SendOptions } from './call.ts';
import { type CallDeps, type CallInlet, createCall } from './call-controller.ts';
import { createServiceClock } from './service-clock.ts';
import { createStarts } from './start.ts';
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
  /**
   * A connection has come, and is there until the signal is aborted: settles what the last one left open, and asks how the calls
   * stand. Never rejects.
   */
  connected(connection: AbortSignal): Promise<void>;
  close(): void;
}

export interface CallsDeps
  extends Omit<CallDeps, 'id' | 'clock' | 'isStarting' | 'onGap' | 'onStage'> {
  onIncoming(call: RinglineCall): void;
  onMissedBusy(call: Call): void;
  onListed(calls: RinglineCall[]): void;
}

export function createCalls(deps: CallsDeps): Calls {
  const { request, rest, retry, logger } = deps;
  const inlets = new Map<string, CallInlet>();
  const clock = createServiceClock();

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
      isStarting: () => starts.isPending,
      onGap: sync.now,
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

  const adopt = (snapshot: Call) => inletOf(snapshot.id).adopt(snapshot);

  const starts = createStarts({
    request,
    retry,
    logger,
    onSettled: () => {
      for (const inlet of live()) inlet.goInByItself();
    },
  });

  const sync = createSync({
    request,
    rest,
    retry,
    logger,
    // biome-ignore lint/plugin: the wire wants an object, and the keys are ids that the service gave.
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

  const start = ({ microphone, camera, ...body }: StartOptions) =>
    starts.start(body, (answer) => {
      const inlet = inletOf(answer.call.id);
      inlet.enter(answer, {
        ...(microphone !== undefined && { microphone }),
        ...(camera !== undefined && { camera }),
      });
      return inlet.call;
    });

  return {
    list,
    get: (callId) => live().find(({ call }) => call.id === callId)?.call,
    start,
    event: (event) => {
      clock.heard(event.at);
      inletOf(event.callId).event(event);
    },
    notice: (name, notice) => handlers[name](notice),
    connected: async (connection) => {
      await Promise.all([starts.connected(connection), sync.connected(connection)]);
    },
    close: () => {
      sync.close();
      for (const inlet of inlets.values()) inlet.close();
    },
  };
}
