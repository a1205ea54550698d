import type { Call, EndCause, HistoryEntry, RinglineCall, RinglineError } from '@ringline/client';
import type { Directory } from './directory.ts';

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** 75 -> "1:15" */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const start = hours > 0 ? `${hours}:${pad(minutes)}` : String(minutes);
  return `${start}:${pad(whole % 60)}`;
}

const sameDay = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit' });
const otherDay = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

export function formatTime(instant: string): string {
  const date = new Date(instant);
  const today = date.toDateString() === new Date().toDateString();
  return (today ? sameDay : otherDay).format(date);
}

/** The state line of the call view. */
export function describeState(call: RinglineCall): string {
  switch (call.stage) {
    case 'outgoing':
      return call.others.some(({ state }) => state === 'ringing') ? 'Ringing…' : 'Calling…';
    case 'connecting':
      return 'Connecting…';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'connected':
      return 'Connected';
    default:
      return '';
  }
}

/** The message at the end of a call; null where the user ended it and knows. */
export function describeEnd(
  cause: EndCause,
  call: RinglineCall,
  directory: Directory,
): string | null {
  const { snapshot } = call;
  const mine = snapshot.initiatorId === directory.me.id;
  const names = directory.namesOf(call.others.map(({ userId }) => userId));
  const { durationSeconds, endedBy } = snapshot;
  switch (cause) {
    case 'hangup':
      return `Call ended after ${formatDuration(durationSeconds)}.`;
    case 'host_ended':
      return endedBy === directory.me.id
        ? `Call ended after ${formatDuration(durationSeconds)}.`
        : `${directory.nameOf(endedBy ?? '')} ended the call.`;
    case 'declined':
      return mine ? `${names} declined.` : null;
    case 'no_answer':
      return mine
        ? `No answer from ${names}.`
        : `Missed call from ${directory.nameOf(snapshot.initiatorId)}.`;
    case 'busy':
      return mine ? `${names} is in another call.` : null;
    case 'cancelled':
      return mine ? null : `Missed call from ${directory.nameOf(snapshot.initiatorId)}.`;
    case 'left':
      return 'You left the call.';
    case 'removed':
      return 'The host removed you from the call.';
    case 'connection_lost':
      return mine || snapshot.answeredAt !== null
        ? 'The connection was lost.'
        : `Missed call from ${directory.nameOf(snapshot.initiatorId)}.`;
    case 'connect_timeout':
      return 'The call could not be connected.';
    case 'solo_timeout':
      return 'The call ended because nobody else was in it.';
    case 'max_duration':
      return 'The call reached its longest duration.';
    case 'media_failure':
      return 'The call could not be set up.';
    case 'admin_ended':
      return 'The call was ended by the service.';
  }
}

/** The message about a call that came during another one. */
export function describeMissedBusy(call: Call, directory: Directory): string {
  const mine = call.participants.find(({ userId }) => userId === directory.me.id);
  const caller = directory.nameOf(mine?.invitedBy ?? call.initiatorId);
  return `${caller} called you while you were in another call.`;
}

/** The message about a refusal. */
export function describeRefusal(error: RinglineError, names: string): string {
  switch (error.code) {
    case 'USER_BUSY':
      return `${names} is in another call.`;
    case 'CALLER_BUSY':
      return 'You are in another call already.';
    case 'ANSWERED_ELSEWHERE':
      return 'You answered on another device.';
    case 'CALL_ENDED':
      return 'The call is over.';
    case 'CALL_FULL':
      return 'Every seat in this call is taken.';
    case 'NOT_ALLOWED':
      return 'The host has removed you from this call.';
    case 'UNREACHABLE':
      return 'The call service does not answer. Are you online?';
    case 'RATE_LIMITED':
      return 'Too many tries. Wait a moment.';
    default:
      return error.message;
  }
}

export function describeOutcome({ outcome, direction }: HistoryEntry): string {
  switch (outcome) {
    case 'missed':
      return direction === 'incoming' ? 'Missed' : 'No answer';
    case 'completed':
      return 'Completed';
    case 'declined':
      return 'Declined';
    case 'cancelled':
      return 'Cancelled';
    case 'busy':
      return 'Busy';
    case 'failed':
      return 'Failed';
    case 'ongoing':
      return 'Ongoing';
  }
}
