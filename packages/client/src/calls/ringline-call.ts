import type { MediaControl } from '../media/call-media.ts';
import type { QualityControl } from '../quality/quality-control.ts';
import { createRandomId } from '../random-id.ts';
import type { Rest } from '../signalling/rest.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { RinglineCall } from './call.ts';
import type { CallTracker } from './call-tracker.ts';
import type { Join } from './join.ts';
import type { Leave } from './leave.ts';
import type { ServiceClock } from './service-clock.ts';

export interface RinglineCallDeps {
  callId: string;
  userId: string;
  on: RinglineCall['on'];
  request: Signalling['request'];
  rest: Rest;
  clock: ServiceClock;
  tracker: CallTracker;
  media: MediaControl;
  quality: QualityControl;
  join: Join;
  leave: Leave;
}

/** The object that host apps get for a call. */
export function createRinglineCall(deps: RinglineCallDeps): RinglineCall {
  const { callId, userId, request, rest, clock, tracker, media, quality, join, leave } = deps;
  const { view } = tracker;
  return {
    id: callId,
    on: deps.on,
    get snapshot() {
      return view.snapshot;
    },
    get me() {
      return view.me;
    },
    get others() {
      return view.snapshot.participants.filter((participant) => participant.userId !== userId);
    },
    get stage() {
      return view.stage;
    },
    get here() {
      return view.here;
    },
    get connectedForMs() {
      return clock.getConnectedMs(view.snapshot);
    },
    media: media.view,
    quality: quality.view,
    accept: ({ takeover, ...options } = {}) =>
      join.accept(takeover === undefined ? {} : { takeover }, options),
    rejoin: (options = {}) => join.accept({ rejoin: true }, options),
    ...leave,
    invite: async (participantIds) => {
      const idempotencyKey = createRandomId();
      const answer = await request('call:invite', { callId, participantIds, idempotencyKey });
      tracker.applySnapshot(answer.call);
    },
    setMicrophone: (on) => media.send('microphone', on),
    setCamera: (on) => media.send('camera', on),
    setScreenShare: (on) => media.send('screen', on),
    qualitySummary: () => rest.quality(callId),
    rate: (stars, comment) => rest.rate(callId, stars, comment),
    mute: (other, kind) => rest.mute(callId, other, kind),
    muteAll: () => rest.muteAll(callId),
    remove: async (other) => tracker.applySnapshot(await rest.remove(callId, other)),
    makeHost: (other) => rest.makeHost(callId, other),
  };
}
