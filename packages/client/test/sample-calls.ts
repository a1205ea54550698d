import { type Call, type CallEvent, hashDevice, type Participant } from '@ringline/contract';

export const CALL_ID = '0198f0c2-0000-7000-8000-000000000001';
export function at(second: number): string {
  return `2026-01-31T12:00:${String(second).padStart(2, '0')}.000Z`;
}

export function participant(userId: string, more: Partial<Participant> = {}): Participant {
  return {
    userId,
    name: null,
    picture: null,
    role: 'participant',
    state: 'invited',
    audioEnabled: true,
    videoEnabled: true,
    screenSharing: false,
    deviceHash: null,
    invitedBy: 'ann',
    invitedAt: at(0),
    ringingAt: null,
    ringExpiresAt: at(30),
    joinedAt: null,
    leftAt: null,
    durationSeconds: 0,
    ...more,
  };
}

function onDevice(userId: string, deviceId: string) {
  return {
    deviceHash: hashDevice(CALL_ID, userId, deviceId),
  };
}

/** A video call from Ann's device `tab` to Ben, as it stands when it begins to ring. */
export function ringingCall(more: Partial<Call> = {}): Call {
  return {
    id: CALL_ID,
    type: 'video',
    mode: 'direct',
    state: 'ringing',
    initiatorId: 'ann',
    hostId: null,
    conversationId: null,
    metadata: {},
    seq: 2,
    maxParticipants: 8,
    createdAt: at(0),
    answeredAt: null,
    connectedAt: null,
    endedAt: null,
    expiresAt: null,
    durationSeconds: 0,
    endReason: null,
    endedBy: null,
    participants: [
      participant('ann', {
        ...onDevice('ann', 'tab'),
        state: 'joining',
        invitedBy: null,
        ringExpiresAt: null,
      }),
      participant('ben'),
    ],
    ...more,
  };
}

function of(seq: number) {
  return { callId: CALL_ID, seq, at: at(seq) };
}
function benAs(more: Partial<Participant>) {
  return {
    userId: 'ben',
    participant: participant('ben', more),
  };
}
const annJoined = participant('ann', {
  ...onDevice('ann', 'tab'),
  state: 'joined',
  invitedBy: null,
  ringExpiresAt: null,
  joinedAt: at(6),
});
const benRang = { ringingAt: at(3), name: 'Ben' };
const onPhone = onDevice('ben', 'phone');
const benJoined = { ...benRang, ...onPhone, state: 'joined', joinedAt: at(7) } as const;
const cleo = participant('cleo', { state: 'invited', invitedBy: 'ben' });

/** What follows on `ringingCall`: Ben answers, and Cleo is asked in. */
export const followingEvents: CallEvent[] = [
  { event: 'call:ringing', ...of(3), ...benAs({ ...benRang, state: 'ringing' }) },
  {
    event: 'call:accepted',
    ...of(4),
    ...benAs({ ...benRang, ...onPhone, state: 'joining' }),
    deviceId: 'phone',
    answeredAt: at(4),
  },
  { event: 'call:state_changed', ...of(5), state: 'connecting', previous: 'ringing' },
  { event: 'call:participant_joined', ...of(6), userId: 'ann', participant: annJoined },
  { event: 'call:participant_joined', ...of(7), ...benAs(benJoined) },
  { event: 'call:state_changed', ...of(8), state: 'connected', previous: 'connecting' },
  { event: 'call:updated', ...of(9), mode: 'group', hostId: 'ann', expiresAt: at(59) },
  { event: 'call:invited', ...of(10), userId: 'cleo', participant: cleo },
];

export function eventNumber(seq: number): CallEvent {
  const event = followingEvents.find((one) => one.seq === seq);
  if (event === undefined) throw new Error(`no sample event ${seq}`);
  return event;
}

/** `ringingCall` after all of `followingEvents`, written down by hand. */
export function callInTheEnd(): Call {
  return ringingCall({
    mode: 'group',
    state: 'connected',
    hostId: 'ann',
    seq: 10,
    answeredAt: at(4),
    connectedAt: at(8),
    expiresAt: at(59),
    participants: [{ ...annJoined, role: 'host' }, participant('ben', benJoined), cleo],
  });
}

/** The last event, which carries the whole call. */
export function endedEvent(seq = 11): Extract<CallEvent, { event: 'call:ended' }> {
  return {
    event: 'call:ended',
    ...of(seq),
    state: 'ended',
    reason: 'hangup',
    endedBy: 'ben',
    durationSeconds: 3,
    call: {
      ...callInTheEnd(),
      seq,
      state: 'ended',
      endReason: 'hangup',
      endedBy: 'ben',
      endedAt: at(seq),
      durationSeconds: 3,
      participants: callInTheEnd().participants.map((one) =>
        one.state === 'joined'
          ? { ...one, state: 'left', deviceHash: null }
          : { ...one, state: 'cancelled' },
      ),
    },
  };
}
