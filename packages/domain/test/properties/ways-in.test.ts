import { describe, expect, it } from '@jest/globals';
import {
  findParticipant,
  isActive,
  isBarred,
  isInCall,
  isTerminal,
  type Participant,
} from '@ringline/domain';
import { holdsAlways, type Step } from './runs.ts';

/** Checks each participant before and after each command. */
function alwaysEach(
  check: (before: Participant | undefined, after: Participant, step: Step) => void,
): void {
  holdsAlways(({ steps }) => {
    for (const step of steps) {
      for (const after of step.decision.call.participants) {
        check(findParticipant(step.before, after.userId), after, step);
      }
    }
  });
}

describe('a participant', () => {
  it('enters the call only by their own join', () => {
    alwaysEach((before, after, { command }) => {
      if (!isInCall(after) || (before !== undefined && isInCall(before))) return;
      expect(command).toMatchObject({ name: 'join', person: { userId: after.userId } });
    });
  });

  it('is joined only by media_joined', () => {
    alwaysEach((before, after, { command }) => {
      if (after.state !== 'joined' || before?.state === 'joined') return;
      expect(command).toMatchObject({ name: 'media_joined', userId: after.userId });
    });
  });

  it('is invited only by a user in the call', () => {
    alwaysEach((before, after, { command, before: call }) => {
      if (after.rings === (before?.rings ?? 0)) return;
      expect(command.name).toBe('invite');
      const inviter = command.name === 'invite' && findParticipant(call, command.person.userId);
      expect(inviter && isInCall(inviter)).toBe(true);
    });
  });

  it('comes back after a removal only by an invite of the host', () => {
    alwaysEach((before, after, { command, decision }) => {
      if (before === undefined || !isBarred(before) || isBarred(after)) return;
      expect(command).toMatchObject({ name: 'invite', person: { userId: decision.call.hostId } });
    });
  });

  it('is removed from the room when they leave, unless the room is deleted', () => {
    alwaysEach((before, after, { decision }) => {
      if (before === undefined || !isInCall(before) || isActive(after)) return;
      const wanted = isTerminal(decision.call)
        ? { name: 'delete_room' }
        : { name: 'remove_participant', userId: after.userId };
      expect(decision.effects).toContainEqual(wanted);
    });
  });
});
