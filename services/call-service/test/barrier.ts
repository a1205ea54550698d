import { talk } from './calls.ts';
import type { Place } from './servers.ts';
import { createUsers, type User } from './user.ts';

/**
 * Resolves when all earlier messages have been delivered. Messages go through Redis and keep their
 * order, so it is enough to see a later one arrive.
 */
export type Barrier = () => Promise<void>;

export async function createBarrier(place: Place): Promise<Barrier> {
  const [one, other] = (await createUsers(place, 'one', 'other')) as [User, User];
  const callId = await talk(place, one, other);
  const [sender, receiver] = [await one.connect(), await other.connect()];
  let sent = 0;
  return async () => {
    sent += 1;
    const mark = sent;
    await sender.send('webrtc:offer', { callId, to: other.id, mark });
    await receiver.next('webrtc:offer', (payload) => payload.mark === mark);
  };
}
