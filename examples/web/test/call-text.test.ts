import type { Call, RinglineCall } from '@ringline/client';
import { describeEnd, describeMissedBusy, formatDuration } from '#page/call-text.ts';
import type { Directory } from '#page/directory.ts';

describe('a duration', () => {
  it.each([
    [-3, '0:00'],
    [0, '0:00'],
    [59.9, '0:59'],
    [75, '1:15'],
    [3600, '1:00:00'],
    [3671, '1:01:11'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

/** Ann looks at the page. */
const directory = {
  me: { id: 'ann' },
  nameOf: (userId: string) => userId.toUpperCase(),
  namesOf: (userIds: readonly string[]) => userIds.join().toUpperCase(),
} as unknown as Directory;

function callOf(initiatorId: string, answeredAt: string | null, invitedBy = initiatorId) {
  return {
    initiatorId,
    answeredAt,
    participants: [{ userId: 'ann', invitedBy }],
  } as unknown as Call;
}
function lost(snapshot: Call) {
  return describeEnd(
    'connection_lost',
    { snapshot, others: [] } as unknown as RinglineCall,
    directory,
  );
}

describe('a call whose connection was lost', () => {
  it('reads as missed for a user whom it rang', () => {
    expect(lost(callOf('ben', null))).toBe('Missed call from BEN.');
  });

  it('reads as lost for the caller, and for everybody after the answer', () => {
    expect(lost(callOf('ann', null))).toBe('The connection was lost.');
    expect(lost(callOf('ben', '2026-01-01T00:00:00.000Z'))).toBe('The connection was lost.');
  });
});

describe('a call during another call', () => {
  it('names the caller, or the user who sent the invitation', () => {
    expect(describeMissedBusy(callOf('ben', null), directory)).toContain('BEN called you');
    expect(describeMissedBusy(callOf('ben', null, 'cleo'), directory)).toContain('CLEO called you');
  });
});
