import { reportJoined } from './livekit-reports.ts';
import type { Place } from './servers.ts';
import type { User } from './user.ts';

/**
 * Starts a call in which all of them take part with media: direct for two users, a group with the
 * first as host for more.
 */
export async function talk(place: Place, caller: User, ...others: User[]): Promise<string> {
  const callId = await caller.call(...others);
  for (const other of others) {
    expect(await other.act(callId, 'join')).toMatchObject({ status: 200 });
  }
  await reportJoined(place, callId, ...[caller, ...others].map(({ id }) => id));
  return callId;
}
