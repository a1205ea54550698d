import {
  findParticipant,
  getDeadline,
  getNextDueAt,
  isInCall,
  isTerminal,
  MAX_RINGS,
  type Participant,
} from '@ringline/domain';
import type { Probe } from './reachable.ts';

/** Titles of the columns of the two tables about one participant. */
export const byThemselves = [
  ...[
    '`acknowledge_ring`',
    '`join`',
    '`join`, `rejoin`',
    '`join`, other device',
    '`decline`',
    '`leave`',
  ],
  '`token`',
];
export const toThem = [
  ...['`media_joined`', '`media_left`', 'own deadline', '`remove` by the host'],
  ...['`invite` by the host', '`invite` by another', 'the call ends'],
];

type Meeting = readonly [userId: string, column: string];

function joinColumn(rejoin: boolean, deviceId: string | null): string {
  if (rejoin) return '`join`, `rejoin`';
  return deviceId === null ? '`join`' : '`join`, other device';
}

/** Whom a probe is about, and in which column. Busy users have rows of their own. */
function meetingsOf({ before, command }: Probe): Meeting[] {
  const everyone = before.participants;
  switch (command.name) {
    case 'acknowledge_ring':
    case 'leave':
      return [[command.person.userId, `\`${command.name}\``]];
    case 'token':
      return command.deviceId === null ? [[command.person.userId, '`token`']] : [];
    case 'decline':
      return command.reason === 'busy' || command.deviceId !== null
        ? []
        : [[command.person.userId, '`decline`']];
    case 'join':
      return command.busyUsers.size > 0 || command.takeover
        ? []
        : [[command.person.userId, joinColumn(command.rejoin, command.deviceId)]];
    case 'media_joined':
    case 'media_left':
      return [[command.userId, `\`${command.name}\``]];
    case 'remove':
      return command.person.userId === before.hostId && command.userId !== before.hostId
        ? [[command.userId, '`remove` by the host']]
        : [];
    case 'invite': {
      const inviter = findParticipant(before, command.person.userId);
      if (command.busyUsers.size > 0 || inviter === undefined || !isInCall(inviter)) return [];
      const who = inviter.userId === before.hostId ? 'the host' : 'another';
      return command.participantIds.map((userId) => [userId, `\`invite\` by ${who}`]);
    }
    case 'expire_deadlines':
      return everyone
        .filter((one) => getDeadline(one) !== null && getDeadline(one) === getNextDueAt(before))
        .map(({ userId }) => [userId, 'own deadline']);
    case 'force_end':
      return everyone.map(({ userId }) => [userId, 'the call ends']);
    default:
      return [];
  }
}

function labelOf({ barred, state }: Participant): string {
  return barred ? 'barred' : state;
}

/** Whether the table speaks of them: another device is one only if they are bound to one, and rings are limited. */
function isTold(participant: Participant, column: string): boolean {
  if (column.startsWith('`invite`')) return participant.rings < MAX_RINGS;
  return (
    column !== '`join`, other device' || !isInCall(participant) || participant.deviceId !== null
  );
}

function resultFor({ decision }: Probe, before: Participant): string {
  const { call, effects, refusal } = decision;
  if (refusal !== null) return refusal.code;
  const label = labelOf(findParticipant(call, before.userId) ?? before);
  const evicted = effects.some(
    (one) => one.name === 'remove_participant' && one.userId === before.userId,
  );
  return evicted && label === labelOf(before) ? 'remove_participant' : label;
}

/** What a probe comes to for those whom it is about: the key of their cell, and the result. */
export function participantCells(probe: Probe): [key: string, result: string][] {
  if (isTerminal(probe.before)) return [];
  return meetingsOf(probe).flatMap(([userId, column]): [string, string][] => {
    const participant = findParticipant(probe.before, userId);
    if (participant === undefined || !isTold(participant, column)) return [];
    const result = resultFor(probe, participant);
    return result === 'CALL_FULL' ? [] : [[cellKey(labelOf(participant), column), result]];
  });
}

export function cellKey(row: string, column: string): string {
  return `${row}: ${column}`;
}
