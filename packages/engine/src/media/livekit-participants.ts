import type { MediaSession } from '@ringline/domain';
import { type ParticipantInfo, ParticipantInfo_State } from 'livekit-server-sdk';

/** Of LiveKit's protocol; the SDK does not export the others: recorders, agents, telephones. */
const KIND_STANDARD = 0;

/** Whether this is a user of a call, rather than a recorder, an agent, or a session of our own. */
export function isUser({ kind }: ParticipantInfo): boolean {
  return kind === KIND_STANDARD;
}

export function isActive({ state }: ParticipantInfo): boolean {
  return state === ParticipantInfo_State.ACTIVE;
}

/** LiveKit's milliseconds where it has them: its seconds are too coarse to order two sessions. */
export function toMediaSession(participant: ParticipantInfo): MediaSession {
  return {
    sid: participant.sid,
    joinedAtMs: Number(participant.joinedAtMs) || Number(participant.joinedAt) * 1000,
  };
}
