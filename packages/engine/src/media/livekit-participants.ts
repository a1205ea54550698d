import type { MediaSession } from '@ringline/domain';
import { type ParticipantInfo, ParticipantInfo_State } from 'livekit-server-sdk';

/** A user in LiveKit's protocol. The SDK does not export the kinds: recorders, agents, phones. */
const KIND_STANDARD = 0;

/** Whether this is a user of a call, and not a recorder, an agent or a session of the engine. */
export function isUser({ kind }: ParticipantInfo): boolean {
  return kind === KIND_STANDARD;
}

export function isActive({ state }: ParticipantInfo): boolean {
  return state === ParticipantInfo_State.ACTIVE;
}

/** Uses LiveKit's milliseconds if present: its seconds are too coarse to order two sessions. */
export function toMediaSession(participant: ParticipantInfo): MediaSession {
  return {
    sid: participant.sid,
    joinedAtMs: Number(participant.joinedAtMs) || Number(participant.joinedAt) * 1000,
  };
}
