import type { Call, CallEvent, NoticeName, Notices, StartBody } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import type { RinglineEvents } from '../ringline-events.ts';
import type { RinglineCall, SendOptions } from './call.ts';
import {
  type CallController,
  type CallControllerDeps,
  createCallController,
} from './call-controller.ts';
import { createCallRegistry } from './call-registry.ts';
import { createServiceClock } from './service-clock.ts';
import type { CallStage } from './stage.ts';
import { createStarts } from './start.ts';
import { createSync } from './sync.ts';

export interface StartOptions extends StartBody, SendOptions {}

type CallsEvents = Pick<RinglineEvents, 'incoming' | 'missed_busy' | 'calls_changed'>;

/** All calls of this user: hands each message to the call that it concerns. */
export interface Calls extends Subscribable<CallsEvents> {
  /** Calls that ring for this user or have the user in them, the oldest first. */
  list(): RinglineCall[];
  get(callId: string): RinglineCall | undefined;
  start(options: StartOptions): Promise<RinglineCall>;
  handleEvent(event: CallEvent): void;
  handleNotice<Name extends NoticeName>(name: Name, notice: Notices[Name]): void;
  /**
   * Settles what the last connection left open. The signal is aborted when this one is lost. Never
   * rejects.
   */
  handleConnected(connection: AbortSignal): Promise<void>;
  close(): void;
}

export type CallsDeps = Omit<CallControllerDeps, 'callId' | 'clock' | 'starts' | 'sync'>;

export function createCalls(deps: CallsDeps): Calls {
  const { logger } = deps;
  const emitter = createEmitter<CallsEvents>(logger);
  const clock = createServiceClock();
  const registry = createCallRegistry();
  const starts = createStarts(deps);
  const sync = createSync({
    ...deps,
    getKnownSeqs: () =>
      // biome-ignore lint/plugin: the wire has an object here, and its keys are ids of the service.
      Object.fromEntries(registry.getLiveCalls().map(({ id, snapshot }) => [id, snapshot.seq])),
  });

  const handleStage = (call: RinglineCall, stage: CallStage) => {
    const live = registry.getLiveCalls();
    sync.setRegular(live.length > 0);
    if (stage === 'incoming') emitter.emit('incoming', call);
    emitter.emit('calls_changed', live);
    registry.dropOldest();
  };

  const getOrCreate = (callId: string): CallController => {
    const known = registry.get(callId);
    if (known !== undefined) return known;
    const controller = createCallController({ ...deps, callId, clock, starts, sync });
    controller.on('stage', (stage) => handleStage(controller.call, stage));
    registry.add(callId, controller);
    return controller;
  };
  const applySnapshot = (call: Call) => getOrCreate(call.id).applySnapshot(call);

  starts.on('settled', () => {
    for (const controller of registry.getLive()) controller.joinIfBound();
  });
  sync.on('time', clock.handleTime);
  sync.on('call', applySnapshot);
  sync.on('unknown_call', registry.drop);
  sync.on('done', registry.dropUnknown);

  const handlers: { [Name in NoticeName]: (notice: Notices[Name]) => void } = {
    'call:incoming': (notice) => getOrCreate(notice.callId).handleIncoming(notice),
    'call:ringing_stopped': (notice) => registry.get(notice.callId)?.handleRingingStopped(notice),
    'call:missed_busy': ({ call }) => emitter.emit('missed_busy', call),
    'call:ending_soon': (notice) => registry.get(notice.callId)?.handleEndingSoon(notice),
    'call:quality_changed': (notice) => registry.get(notice.callId)?.handleQualityChanged(notice),
    'call:sync': ({ calls, now }) => {
      if (now !== undefined) clock.handleTime(now);
      calls.forEach(applySnapshot);
    },
    'call:error': (notice) => logger.warn('the service refused an event', notice),
  };

  return {
    on: emitter.on,
    list: registry.getLiveCalls,
    get: (callId) => registry.getLiveCalls().find(({ id }) => id === callId),
    start: ({ microphone, camera, ...body }) =>
      starts.start(body, (answer) => {
        const controller = getOrCreate(answer.call.id);
        controller.handleAnswer(answer, {
          ...(microphone !== undefined && { microphone }),
          ...(camera !== undefined && { camera }),
        });
        return controller.call;
      }),
    handleEvent: (event) => {
      clock.handleTime(event.at);
      getOrCreate(event.callId).handleEvent(event);
    },
    handleNotice: (name, notice) => handlers[name](notice),
    handleConnected: async (connection) => {
      await Promise.all([starts.handleConnected(connection), sync.handleConnected(connection)]);
    },
    close: () => {
      sync.setRegular(false);
      registry.close();
    },
  };
}
