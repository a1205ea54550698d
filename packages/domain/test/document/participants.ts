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

/** The column titles of the two tables about one participant. */
export const ownColumns = [
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
export const otherColumns = [
  ...['`media_joined`', '`media_left`', 'own deadline', '`remove` by the host'],
  ...['`invite` by the host', '`invite` by another', 'the call ends'],
];

type Affected = readonly [userId: string, column: string];

function joinColumn(rejoin: boolean, deviceId: string | null): string {
  if (rejoin) return '`join`, `rejoin`';
  return deviceId === null ? '`join`' : '`join`, other device';
}

/** Which participants a probe affects, and in which column. The tables do not cover busy users. */
function affectedBy({ before, command }: Probe): Affected[] {
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

/** Whether the table covers the participant: it assumes a bound device and unused invitations. */
function isCovered(participant: Participant, column: string): boolean {
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

/** The results of the probes for each kind of participant, by column. */
export function participantCells(probes: readonly Probe[]): Map<string, Set<string>> {
  const cells = new Map<string, Set<string>>();
  for (const probe of probes.filter(({ before }) => !isTerminal(before))) {
    for (const [userId, column] of affectedBy(probe)) {
      const participant = findParticipant(probe.before, userId);
      if (participant === undefined || !isCovered(participant, column)) continue;
      const result = resultFor(probe, participant);
      if (result === 'CALL_FULL') continue;
      const key = cellKey(labelOf(participant), column);
      cells.set(key, (cells.get(key) ?? new Set()).add(result));
    }
  }
  return cells;
}

export function cellKey(row: string, column: string): string {
  return `${row}: ${column}`;
}
