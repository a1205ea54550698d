import type { RedisClient } from '@ringline/platform';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Server } from 'socket.io';

type AdapterFactory = ReturnType<typeof createShardedAdapter>;
type Adapter = ReturnType<AdapterFactory>;

/** Emits, and resolves once Redis has taken all that was published by it. Rejects where Redis refused some of it. */
type Publish = (emit: () => void) => Promise<void>;

interface RinglineAdapter extends Adapter {
  emitting: Publish;
}

/** Socket.IO publishes while it emits, and waits for no answer of Redis: so the answers are collected meanwhile. */
function collecting(redis: RedisClient) {
  let collected: Promise<unknown>[] | null = null;
  const emitting: Publish = async (emit) => {
    const answers: Promise<unknown>[] = [];
    collected = answers;
    try {
      emit();
    } finally {
      collected = null;
    }
    await Promise.all(answers);
  };
  return {
    emitting,
    client: {
      spublish: (channel: string, message: string | Buffer): Promise<unknown> => {
        const taken = redis.spublish(channel, message);
        collected?.push(taken);
        return taken;
      },
    },
  };
}

/** Socket.IO's adapter for sharded channels of Redis, which can also tell what Redis has taken. */
export function createAdapter(redis: RedisClient, subscriber: unknown): AdapterFactory {
  // Socket.IO calls it with `new`, which an arrow function does not allow.
  return function adapterOf(namespace) {
    const { emitting, client } = collecting(redis);
    const adapter = createShardedAdapter(client, subscriber)(namespace);
    return Object.assign(adapter, { emitting });
  };
}

/** For a server with an adapter of `createAdapter`. */
export function getPublish(io: Server): Publish {
  return (io.of('/').adapter as RinglineAdapter).emitting;
}
