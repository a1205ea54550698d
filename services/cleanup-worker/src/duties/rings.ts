import { type Call, participantOf } from '@ringline/domain';
import { incomingMessage, type Publisher } from '@ringline/engine';
import type { OutboxMessage, Ring, Store } from '@ringline/store';
import type { Duty } from '../repeat.ts';

const REPEAT_AFTER_MS = 2000;
const EVERY_MS = 250;

/** The ring as it is now; none for one who has answered, or acknowledged it, in this very moment. */
const ringOf = (call: Call | undefined, { userId }: Ring): OutboxMessage[] => {
  const participant = call && participantOf(call, userId);
  return call && participant?.state === 'invited' ? [incomingMessage(call, participant)] : [];
};

/** Sends every ring again that no device has acknowledged for two seconds. */
export const rings = ({ store, publisher }: { store: Store; publisher: Publisher }): Duty => ({
  name: 'rings',
  everyMs: EVERY_MS,
  round: async () => {
    if (!publisher.reachesAll()) return false;
    const unacknowledged = await store.repeatRings(REPEAT_AFTER_MS);
    if (unacknowledged.length === 0) return false;
    const callIds = [...new Set(unacknowledged.map(({ callId }) => callId))];
    const loaded = await store.loadMany(callIds);
    const calls = new Map(loaded.map(({ call }) => [call.id, call]));
    publisher.publish(unacknowledged.flatMap((ring) => ringOf(calls.get(ring.callId), ring)));
    return false;
  },
});
