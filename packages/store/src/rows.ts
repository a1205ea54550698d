import {
  type Call,
  type Exit,
  type ExitCause,
  getDurationSeconds,
  getNextDueAt,
  getOutcome,
  type MediaSession,
  type Participant,
} from '@ringline/domain';
import { toInstant, toIso } from './instants.ts';

/*
 * Maps the domain's objects to rows of `calls` and `call_participants`, and back, without loss. The
 * keys are the columns. The database sets `updated_at`, `version` and `ring_repeated_at` itself.
 */

/** The database stores the name that processes of release 0.1 read and write. */
type StoredCause = Exclude<ExitCause, 'reconnect_timeout'> | 'grace_ran_out';

function toStoredCause(cause: ExitCause): StoredCause {
  return cause === 'reconnect_timeout' ? 'grace_ran_out' : cause;
}

function toCause(stored: StoredCause): ExitCause {
  return stored === 'grace_ran_out' ? 'reconnect_timeout' : stored;
}

function toStoredExit({ at, cause, by }: Exit) {
  return { at, cause: toStoredCause(cause), by };
}

export function toCallRow(call: Call) {
  return {
    id: call.id,
    room_name: call.roomName,
    type: call.type,
    mode: call.mode,
    state: call.state,
    initiator_id: call.initiatorId,
    host_id: call.hostId,
    conversation_id: call.conversationId,
    metadata: call.metadata,
    seq: call.seq,
    max_participants: call.maxParticipants,
    timings: call.timings,
    created_at: toIso(call.createdAt),
    answered_at: toIso(call.answeredAt),
    connected_at: toIso(call.connectedAt),
    ended_at: toIso(call.endedAt),
    duration_seconds: getDurationSeconds(call),
    end_reason: call.endReason,
    ended_by: call.endedBy,
    solo_expires_at: toIso(call.soloExpiresAt),
    warned_for: toIso(call.warnedFor),
    last_exit: call.lastExit && toStoredExit(call.lastExit),
    next_due_at: toIso(getNextDueAt(call)),
  };
}
export type CallRow = ReturnType<typeof toCallRow>;

export function toParticipantRow(call: Call, participant: Participant, position: number) {
  return {
    call_id: call.id,
    user_id: participant.userId,
    position,
    name: participant.name,
    picture: participant.picture,
    state: participant.state,
    audio_enabled: participant.audioEnabled,
    video_enabled: participant.videoEnabled,
    screen_sharing: participant.screenSharing,
    invited_by: participant.invitedBy,
    invited_at: toIso(participant.invitedAt),
    ringing_at: toIso(participant.ringingAt),
    ring_expires_at: toIso(participant.ringExpiresAt),
    joined_at: toIso(participant.joinedAt),
    left_at: toIso(participant.leftAt),
    stayed_ms: participant.stayedMs,
    rings: participant.rings,
    barred: participant.barred,
    device_id: participant.deviceId,
    accepted_at: toIso(participant.acceptedAt),
    staying_since: toIso(participant.stayingSince),
    deadline: toIso(participant.deadline),
    disconnected_at: toIso(participant.disconnectedAt),
    session_sid: participant.session?.sid ?? null,
    session_joined_at_ms: participant.session?.joinedAtMs ?? null,
    sessions_over_until_ms: participant.ignoreSessionsUntilMs,
    exit_at: toIso(participant.exit?.at ?? null),
    exit_cause: participant.exit && toStoredCause(participant.exit.cause),
    exit_by: participant.exit?.by ?? null,
    outcome: getOutcome(call, participant.userId),
    call_created_at: toIso(call.createdAt),
  };
}
export type ParticipantRow = ReturnType<typeof toParticipantRow>;

function toSession(row: ParticipantRow): MediaSession | null {
  return row.session_sid === null || row.session_joined_at_ms === null
    ? null
    : { sid: row.session_sid, joinedAtMs: row.session_joined_at_ms };
}

function toExit(row: ParticipantRow): Exit | null {
  return row.exit_at === null || row.exit_cause === null
    ? null
    : { at: toInstant(row.exit_at), cause: toCause(row.exit_cause), by: row.exit_by };
}

function toParticipant(row: ParticipantRow): Participant {
  return {
    userId: row.user_id,
    name: row.name,
    picture: row.picture,
    state: row.state,
    audioEnabled: row.audio_enabled,
    videoEnabled: row.video_enabled,
    screenSharing: row.screen_sharing,
    invitedBy: row.invited_by,
    invitedAt: toInstant(row.invited_at),
    ringingAt: toInstant(row.ringing_at),
    ringExpiresAt: toInstant(row.ring_expires_at),
    joinedAt: toInstant(row.joined_at),
    leftAt: toInstant(row.left_at),
    stayedMs: row.stayed_ms,
    rings: row.rings,
    barred: row.barred,
    deviceId: row.device_id,
    acceptedAt: toInstant(row.accepted_at),
    stayingSince: toInstant(row.staying_since),
    deadline: toInstant(row.deadline),
    disconnectedAt: toInstant(row.disconnected_at),
    session: toSession(row),
    ignoreSessionsUntilMs: row.sessions_over_until_ms,
    exit: toExit(row),
  };
}

export function toCall(row: CallRow, participants: readonly ParticipantRow[]): Call {
  return {
    id: row.id,
    roomName: row.room_name,
    type: row.type,
    mode: row.mode,
    state: row.state,
    initiatorId: row.initiator_id,
    hostId: row.host_id,
    conversationId: row.conversation_id,
    metadata: row.metadata,
    seq: row.seq,
    maxParticipants: row.max_participants,
    timings: row.timings,
    createdAt: toInstant(row.created_at),
    answeredAt: toInstant(row.answered_at),
    connectedAt: toInstant(row.connected_at),
    endedAt: toInstant(row.ended_at),
    endReason: row.end_reason,
    endedBy: row.ended_by,
    soloExpiresAt: toInstant(row.solo_expires_at),
    warnedFor: toInstant(row.warned_for),
    lastExit: row.last_exit && { ...row.last_exit, cause: toCause(row.last_exit.cause) },
    participants: participants.map(toParticipant),
  };
}
