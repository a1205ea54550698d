import type { RedisClient } from '@ringline/platform';
import { QUALITY_STREAM } from '../report/redis-stream.ts';

const GROUP = 'ingesters';

/** An entry's id in Redis, and its fields: names and values in turn. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** One ingester in the consumer group. It owns the entries it read until it acknowledges them. */
export interface Consumer {
  /** Reads up to `count` new entries; waits up to `blockMs` for the first, or not at all (null). */
  read(count: number, blockMs: number | null): Promise<Entry[]>;
  /** Claims up to `count` entries that another consumer, most likely dead, has held this long. */
  takeOver(count: number, heldForMs: number): Promise<Entry[]>;
  /** Acknowledges entries and deletes them from the stream. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Removes other consumers that hold no entries and were idle this long. */
  removeOthers(idleForMs: number): Promise<void>;
  /** Removes this consumer from the group, unless it still holds entries. */
  leave(): Promise<void>;
}

function startsWith(error: unknown, word: string): boolean {
  return error instanceof Error && error.message.startsWith(word);
}

/** Redis lists names and values flat. */
function getField(flat: readonly unknown[], name: string): unknown {
  return flat[flat.indexOf(name) + 1];
}

/**
 * `blocking` is a connection of its own with an offline queue, since a blocking read occupies it.
 * The group is created where it is missing: at first, and after Redis lost it.
 */
export function createConsumer(
  { blocking, commands }: { blocking: RedisClient; commands: RedisClient },
  name: string,
): Consumer {
  const createGroup = async (): Promise<void> => {
    try {
      // From the first entry on, also those from before the group.
      await commands.xgroup('CREATE', QUALITY_STREAM, GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!startsWith(error, 'BUSYGROUP')) throw error;
    }
  };

  const withGroup = async <Reply>(ask: () => Promise<Reply>): Promise<Reply> => {
    try {
      return await ask();
    } catch (error) {
      if (!startsWith(error, 'NOGROUP')) throw error;
      await createGroup();
      return ask();
    }
  };

  const readGroup = (count: number, blockMs: number | null) =>
    blockMs === null
      ? blocking.xreadgroup('GROUP', GROUP, name, 'COUNT', count, 'STREAMS', QUALITY_STREAM, '>')
      : blocking.xreadgroup(
          ...(['GROUP', GROUP, name, 'COUNT', count, 'BLOCK', blockMs] as const),
          ...(['STREAMS', QUALITY_STREAM, '>'] as const),
        );

  /** Spares consumers that hold entries: Redis would forget these entries, too. */
  const removeConsumers = async (
    isMeant: (consumer: string) => boolean,
    idleForMs: number,
  ): Promise<void> => {
    const consumers = await withGroup(() => commands.xinfo('CONSUMERS', QUALITY_STREAM, GROUP));
    for (const consumer of consumers as unknown[][]) {
      const consumerName = String(getField(consumer, 'name'));
      const isIdle = Number(getField(consumer, 'idle')) >= idleForMs;
      if (!isMeant(consumerName) || !isIdle || Number(getField(consumer, 'pending')) > 0) continue;
      await commands.xgroup('DELCONSUMER', QUALITY_STREAM, GROUP, consumerName);
    }
  };

  return {
    read: async (count, blockMs) => {
      const streams = await withGroup(() => readGroup(count, blockMs));
      const [, entries] = (streams as [string, Entry[]][] | null)?.[0] ?? [];
      return entries ?? [];
    },
    takeOver: async (count, heldForMs) => {
      const [, entries] = (await withGroup(() =>
        commands.xautoclaim(QUALITY_STREAM, GROUP, name, heldForMs, '0-0', 'COUNT', count),
      )) as [string, Entry[]];
      return entries;
    },
    acknowledge: async (ids) => {
      if (ids.length === 0) return;
      const replies = await commands
        .multi()
        .xack(QUALITY_STREAM, GROUP, ...ids)
        .xdel(QUALITY_STREAM, ...ids)
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    },
    removeOthers: (idleForMs) => removeConsumers((consumer) => consumer !== name, idleForMs),
    leave: () => removeConsumers((consumer) => consumer === name, 0),
  };
}
