import type { Call, CallEvent, Connection, Notices, Participant } from '@ringline/contract';
import { createEmitter } from '../emitter.ts';
import { asRinglineError, type RinglineError } from '../errors.ts';
import { createCallMedia } from '../media/call-media.ts';
import type { OpenRoom } from '../media/room.ts';
import type { ClientLogger, QualityOptions } from '../options.ts';
import { createCallLine } from '../quality/quality-control.ts';
import { randomId } from '../random-id.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Rest } from '../signalling/rest.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { createRingAcknowledgement } from './acknowledge-ring.ts';
import type { RinglineCall, SendOptions } from './call.ts';
import type { RinglineCallEvents } from './call-events.ts';
import { followCall } from './call-tracker.ts';
import { createGettingOut } from './leave.ts';
import { createSendingReport } from './sending-report.ts';
import type { ServiceClock } from './service-clock.ts';
import { type CallStage, participantOf } from './stage.ts';

/** Without a connection the media ask for one themselves. */
interface EnterAnswer {
  call: Call;
  connection?: Connection | undefined;
}

/** What the book of calls tells a call. */
export interface CallInlet {
  readonly call: RinglineCall;
  readonly known: Call | null;
  event(event: CallEvent): void;
  adopt(snapshot: Call): void;
  incoming(notice: Notices['call:incoming']): void;
  ringingStopped(notice: Notices['call:ringing_stopped']): void;
  endingSoon(notice: Notices['call:ending_soon']): void;
  qualityChanged(notice: Notices['call:quality_changed']): void;
  /** This device is in the call: after a start, an accept, a rejoin. */
  enter(answer: EnterAnswer, options: SendOptions): void;
  /**
   * Goes in without having asked for it, where the service has the user in the call on this device: after a reload of the
   * page, after an answer that was lost, after a start by the host app's back end.
   */
  goInByItself(): void;
  close(): void;
}

export interface CallDeps {
  id: string;
  userId: string;
  deviceId: string;
  request: Signalling['request'];
  rest: Rest;
  clock: ServiceClock;
  openRoom: OpenRoom | null;
  /** null where lines are not measured. */
  quality: QualityOptions | null;
  retry: RetryPolicy;
  logger: ClientLogger;
  /** Whether a start is on its way, whose answer may be the way in. */
  isStarting(): boolean;
  /** Asks how the calls stand, and resolves once that is known or cannot be known. Never rejects. */
  onGap(): Promise<void>;
  onStage(call: RinglineCall, stage: CallStage, previous: CallStage): void;
}

export function createCall(deps: CallDeps): CallInlet {
  const { id, userId, request, rest, logger } = deps;
  const ofCall = { callId: id };
  const emitter = createEmitter<RinglineCallEvents>((error) =>
    logger.error('a listener of a call failed', { callId: id, error }),
  );
  const onError = (error: RinglineError) => emitter.emit('error', error);
  const closing = new AbortController();
  /** Whether the media are joined, or were and have no way in. */
  let entered = false;
  /** The person has pressed a way out. */
  let turnedAway = false;
  let accepting: Promise<void> | null = null;

  const snapshot = (): Call => {
    if (followed.snapshot === null) throw new Error(`call ${id} is not known yet`);
    return followed.snapshot;
  };
  const me = (): Participant => {
    const mine = participantOf(snapshot(), userId);
    if (mine === undefined) throw new Error(`call ${id} is not one of ${userId}`);
    return mine;
  };

  const media = createCallMedia({
    openRoom: deps.openRoom,
    getConnection: () => rest.connection(id),
    retry: deps.retry,
    logger,
    onStay: (signal) => void line.measure(signal),
    onChange: () => emitter.emit('media', media.view),
    onSending: (sending) => report.send(sending),
    onMoved: () => {
      followed.moved();
      media.leave();
    },
    onRefused: (error) => {
      logger.info('no way into the media', { callId: id, code: error.code });
      if (error.code === 'ANSWERED_ELSEWHERE') return followed.moved();
      // Over, most likely, and not told yet. If it is not, there is no way into it from here.
      void deps.onGap().then(() => {
        if (followed.here) followed.withdraw();
      });
    },
    onError,
  });

  const report = createSendingReport({
    callId: id,
    request,
    retry: deps.retry,
    isHere: () => followed.here,
    onError,
    closing: closing.signal,
  });

  const line = createCallLine({
    callId: id,
    userId,
    options: deps.quality,
    media,
    isCameraOn: () => me().videoEnabled,
    request,
    onChange: (quality) => emitter.emit('quality', quality),
    onError: (error) => onError(asRinglineError(error)),
    logger,
  });

  const ring = createRingAcknowledgement({
    callId: id,
    request,
    logger,
    onAnswer: (snapshot) => followed.adopt(snapshot),
  });

  const followed = followCall({
    callId: id,
    userId,
    deviceId: deps.deviceId,
    emitter,
    onGap: () => void deps.onGap(),
    onStage: (stage, previous) => {
      if (stage === 'incoming') void ring.rings(true);
      if (stage === 'over') {
        media.leave();
        turnedAway = false;
      }
      if (stage === 'elsewhere') media.yield();
      if (!followed.here) entered = false;
      else goInByItself();
      deps.onStage(call, stage, previous);
    },
  });

  const adopt = (answer: { call: Call }) => followed.adopt(answer.call);

  const enterMedia = (connection: Connection | null, options: SendOptions) => {
    entered = true;
    const { audioEnabled, videoEnabled, screenSharing } = me();
    const { microphone = audioEnabled, camera = videoEnabled } = options;
    report.begin({ microphone: audioEnabled, camera: videoEnabled, screen: screenSharing });
    report.send({ microphone, camera, screen: false });
    media.join(connection, { microphone, camera });
  };

  const enter: CallInlet['enter'] = (answer, options) => {
    followed.enter(answer.call);
    // Over, or given up, before the answer came.
    if (!followed.here || turnedAway) return;
    enterMedia(answer.connection ?? null, options);
  };

  const goInByItself = () => {
    const isAwaited = accepting !== null || deps.isStarting();
    if (followed.here && !entered && !turnedAway && !isAwaited) enterMedia(null, {});
  };

  /** A button pressed twice accepts once. */
  const accept = (what: { takeover?: boolean; rejoin?: boolean }, options: SendOptions) => {
    turnedAway = false;
    followed.claim();
    accepting ??= followed
      .quietly(async () => enter(await request('call:accept', { ...ofCall, ...what }), options))
      .finally(() => {
        accepting = null;
        goInByItself();
      });
    return accepting;
  };

  const gettingOut = createGettingOut({
    callId: id,
    userId,
    request,
    retry: deps.retry,
    followed,
    call: snapshot,
    turnAway: () => {
      turnedAway = true;
      media.leave();
    },
    gettingIn: () => accepting?.catch(() => undefined) ?? null,
    closing: closing.signal,
  });

  const call: RinglineCall = {
    id,
    on: emitter.on,
    get snapshot() {
      return snapshot();
    },
    get me() {
      return me();
    },
    get others() {
      return snapshot().participants.filter((one) => one.userId !== userId);
    },
    get stage() {
      return followed.stage;
    },
    get here() {
      return followed.here;
    },
    get connectedForMs() {
      return deps.clock.connectedForMs(snapshot());
    },
    media: media.view,
    quality: line.view,
    accept: ({ takeover, ...options } = {}) =>
      accept(takeover === undefined ? {} : { takeover }, options),
    rejoin: (options = {}) => accept({ rejoin: true }, options),
    ...gettingOut,
    invite: async (participantIds) => {
      const idempotencyKey = randomId();
      adopt(await request('call:invite', { ...ofCall, participantIds, idempotencyKey }));
    },
    setMicrophone: (on) => media.send('microphone', on),
    setCamera: (on) => media.send('camera', on),
    setScreenShare: (on) => media.send('screen', on),
    qualitySummary: () => rest.quality(id),
    rate: (stars, comment) => rest.rate(id, stars, comment),
    mute: (other, kind) => rest.mute(id, other, kind),
    muteAll: () => rest.muteAll(id),
    remove: async (other) => followed.adopt(await rest.remove(id, other)),
    makeHost: (other) => rest.makeHost(id, other),
  };

  return {
    call,
    get known() {
      return followed.snapshot;
    },
    event: followed.event,
    adopt: followed.adopt,
    incoming: (notice) => {
      followed.adopt(notice.call);
      if (followed.stage === 'incoming') void ring.rings(false);
    },
    ringingStopped: followed.ringingStopped,
    qualityChanged: line.notice,
    endingSoon: ({ at, reason }) => emitter.emit('ending_soon', { at, reason }),
    enter,
    goInByItself,
    close: () => {
      closing.abort();
      media.leave();
      followed.close();
    },
  };
}
