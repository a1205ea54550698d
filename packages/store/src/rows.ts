import {
  type Call,
  durationSecondsOf,
  type Exit,
  type MediaSession,
  nextDueAt,
  outcomeFor,
  type Participant,
} from '@ringline/domain';
import { instantOf, isoOf } from './instants.ts';

/*
 * The domain's objects as rows of `calls` and `call_participants`, and back, without loss. The keys are the
 * columns; `updated_at`, `version` and `ring_repeated_at` are the database's own.
 */
export function callRow(call: Call) {
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
    created_at: isoOf(call.createdAt),
    answered_at: isoOf(call.answeredAt),
    connected_at: isoOf(call.connectedAt),
    ended_at: isoOf(call.endedAt),
    duration_seconds: durationSecondsOf(call),
    end_reason: call.endReason,
    ended_by: call.endedBy,
    solo_expires_at: isoOf(call.soloExpiresAt),
    warned_for: isoOf(call.warnedFor),
    last_exit: call.lastExit,
    next_due_at: isoOf(nextDueAt(call)),
  };
}
export type CallRow = ReturnType<typeof callRow>;

export function participantRow(call: Call, participant: Participant, position: number) {
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
    invited_at: isoOf(participant.invitedAt),
    ringing_at: isoOf(participant.ringingAt),
    ring_expires_at: isoOf(participant.ringExpiresAt),
    joined_at: isoOf(participant.joinedAt),
    left_at: isoOf(participant.leftAt),
    stayed_ms: participant.stayedMs,
    rings: participant.rings,
    barred: participant.barred,
    device_id: participant.deviceId,
    accepted_at: isoOf(participant.acceptedAt),
    staying_since: isoOf(participant.stayingSince),
    deadline: isoOf(participant.deadline),
    disconnected_at: isoOf(participant.disconnectedAt),
    session_sid: participant.session?.sid ?? null,
    session_joined_at_ms: participant.session?.joinedAtMs ?? null,
    sessions_over_until_ms: participant.sessionsOverUntilMs,
    exit_at: isoOf(participant.exit?.at ?? null),
    exit_cause: participant.exit?.cause ?? null,
    exit_by: participant.exit?.by ?? null,
    outcome: outcomeFor(call, participant.userId),
    call_created_at: isoOf(call.createdAt),
  };
}
export type ParticipantRow = ReturnType<typeof participantRow>;

function sessionOf(row: ParticipantRow): MediaSession | null {
  return row.session_sid === null || row.session_joined_at_ms === null
    ? null
    : { sid: row.session_sid, joinedAtMs: row.session_joined_at_ms };
}

function exitOf(row: ParticipantRow): Exit | null {
  return row.exit_at === null || row.exit_cause === null
    ? null
    : { at: instantOf(row.exit_at), cause: row.exit_cause, by: row.exit_by };
}

function participantOf(row: ParticipantRow): Participant {
  return {
    userId: row.user_id,
    name: row.name,
    picture: row.picture,
    state: row.state,
    audioEnabled: row.audio_enabled,
    videoEnabled: row.video_enabled,
    screenSharing: row.screen_sharing,
    invitedBy: row.invited_by,
    invitedAt: instantOf(row.invited_at),
    ringingAt: instantOf(row.ringing_at),
    ringExpiresAt: instantOf(row.ring_expires_at),
    joinedAt: instantOf(row.joined_at),
    leftAt: instantOf(row.left_at),
    stayedMs: row.stayed_ms,
    rings: row.rings,
    barred: row.barred,
    deviceId: row.device_id,
    acceptedAt: instantOf(row.accepted_at),
    stayingSince: instantOf(row.staying_since),
    deadline: instantOf(row.deadline),
    disconnectedAt: instantOf(row.disconnected_at),
    session: sessionOf(row),
    sessionsOverUntilMs: row.sessions_over_until_ms,
    exit: exitOf(row),
  };
}

export function callOf(row: CallRow, participants: readonly ParticipantRow[]): Call {
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
    createdAt: instantOf(row.created_at),
    answeredAt: instantOf(row.answered_at),
    connectedAt: instantOf(row.connected_at),
    endedAt: instantOf(row.ended_at),
    endReason: row.end_reason,
    endedBy: row.ended_by,
    soloExpiresAt: instantOf(row.solo_expires_at),
    warnedFor: instantOf(row.warned_for),
    lastExit: row.last_exit,
    participants: participants.map(participantOf),
  };
}
