import type { RedisClient } from '@ringline/platform';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Server } from 'socket.io';

type AdapterFactory = ReturnType<typeof createShardedAdapter>;
type Adapter = ReturnType<AdapterFactory>;

/** Emits, and resolves once Redis has accepted all messages. Rejects if Redis refused any. */
type Publish = (emit: () => void) => Promise<void>;

interface RinglineAdapter extends Adapter {
  emitting: Publish;
}

/** Socket.IO publishes while it emits and ignores the replies of Redis. This collects them. */
function collectReplies(redis: RedisClient) {
  let collected: Promise<unknown>[] | null = null;
  const emitting: Publish = async (emit) => {
    const replies: Promise<unknown>[] = [];
    collected = replies;
    try {
      emit();
    } finally {
      collected = null;
    }
    await Promise.all(replies);
  };
  return {
    emitting,
    client: {
      spublish: (channel: string, message: string | Buffer): Promise<unknown> => {
        const reply = redis.spublish(channel, message);
        collected?.push(reply);
        return reply;
      },
    },
  };
}

/** Socket.IO's adapter for sharded channels of Redis, extended to report whether Redis accepted. */
export function createAdapter(redis: RedisClient, subscriber: unknown): AdapterFactory {
  // Not an arrow function, since Socket.IO calls it with `new`.
  return function adapterOf(namespace) {
    const { emitting, client } = collectReplies(redis);
    const adapter = createShardedAdapter(client, subscriber)(namespace);
    return Object.assign(adapter, { emitting });
  };
}

/** The server must have an adapter of `createAdapter`. */
export function getPublish(io: Server): Publish {
  return (io.of('/').adapter as RinglineAdapter).emitting;
}
