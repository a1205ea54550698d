import type {
  CallEventName,
  ClientEventName,
  callAnswer,
  joinAnswer,
  NoticeName,
  participantAnswer,
  SocketError,
  startAnswer,
  syncAnswer,
} from '@ringline/contract';
import type { z } from 'zod';

/** The names that the socket listens to. A record, so that a missing name does not compile. */
const callEvents: Record<CallEventName, true> = {
  'call:started': true,
  'call:invited': true,
  'call:ringing': true,
  'call:missed': true,
  'call:busy': true,
  'call:accepted': true,
  'call:declined': true,
  'call:participant_joined': true,
  'call:participant_updated': true,
  'call:participant_left': true,
  'call:updated': true,
  'call:state_changed': true,
  'call:ended': true,
};
const notices: Record<NoticeName, true> = {
  'call:incoming': true,
  'call:ringing_stopped': true,
  'call:missed_busy': true,
  'call:ending_soon': true,
  'call:quality_changed': true,
  'call:sync': true,
  'call:error': true,
};
export const callEventNames = Object.keys(callEvents) as CallEventName[];
export const noticeNames = Object.keys(notices) as NoticeName[];

type CallAnswer = z.infer<typeof callAnswer>;
type ParticipantAnswer = z.infer<typeof participantAnswer>;
type Other = Exclude<ClientEventName, keyof KnownAnswers>;

interface KnownAnswers {
  'call:start': z.infer<typeof startAnswer>;
  'call:invite': CallAnswer;
  'call:ringing': CallAnswer;
  'call:accept': z.infer<typeof joinAnswer>;
  'call:decline': CallAnswer;
  'call:leave': CallAnswer;
  'call:end': CallAnswer;
  'call:toggle_audio': ParticipantAnswer;
  'call:toggle_video': ParticipantAnswer;
  'call:toggle_screen_share': ParticipantAnswer;
  'call:sync': z.infer<typeof syncAnswer>;
}

/** The service's answer to each client event. */
export type Answers = KnownAnswers & { [Name in Other]: unknown };

export type Acknowledgement = { ok: true; data: unknown } | { ok: false; error: SocketError };
