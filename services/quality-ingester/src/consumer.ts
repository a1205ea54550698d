import { QUALITY_STREAM } from '@ringline/engine';
import type { RedisClient } from '@ringline/platform';

const GROUP = 'ingesters';

/** The id by which Redis knows an entry, and its fields: names and values in turn. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** One ingester's place in the consumer group. What it was given is its own until it says `done`, or is taken over. */
export interface Consumer {
  /** Up to so many that nobody was given yet; waits for the first as long as told. */
  read(count: number, blockMs: number | null): Promise<Entry[]>;
  /** Up to so many that somebody, most likely dead, was given and has held for so long. */
  takeOver(count: number, heldForMs: number): Promise<Entry[]>;
  /** Takes them out of the stream. */
  done(ids: readonly string[]): Promise<void>;
  /** Lets Redis forget other consumers that hold nothing and have asked for nothing for so long. */
  forgetOthers(idleForMs: number): Promise<void>;
  /** Lets Redis forget this one, unless it still holds something. */
  leave(): Promise<void>;
}

function says(error: unknown, word: string): boolean {
  return error instanceof Error && error.message.startsWith(word);
}

/** Redis lists names and values flat. */
function valueIn(flat: readonly unknown[], name: string): unknown {
  return flat[flat.indexOf(name) + 1];
}

/**
 * `blocking` must be a patient connection of its own, since nothing else gets through while it waits; `commands` an
 * impatient one. The group is made where it is missing: at first, and after Redis has lost it.
 */
export function createConsumer(
  { blocking, commands }: { blocking: RedisClient; commands: RedisClient },
  name: string,
): Consumer {
  const makeGroup = async (): Promise<void> => {
    try {
      // From the first entry on: those that were there before the group are nobody's otherwise.
      await commands.xgroup('CREATE', QUALITY_STREAM, GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!says(error, 'BUSYGROUP')) throw error;
    }
  };

  const withGroup = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await ask();
    } catch (error) {
      if (!says(error, 'NOGROUP')) throw error;
      await makeGroup();
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

  /** Only those that hold nothing: with a consumer, Redis forgets who was given what. */
  const forget = async (
    isMeant: (consumer: string) => boolean,
    idleForMs: number,
  ): Promise<void> => {
    const consumers = await withGroup(() => commands.xinfo('CONSUMERS', QUALITY_STREAM, GROUP));
    for (const consumer of consumers as unknown[][]) {
      const consumerName = String(valueIn(consumer, 'name'));
      const isIdle = Number(valueIn(consumer, 'idle')) >= idleForMs;
      if (!isMeant(consumerName) || !isIdle || Number(valueIn(consumer, 'pending')) > 0) continue;
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
    done: async (ids) => {
      if (ids.length === 0) return;
      const replies = await commands
        .multi()
        .xack(QUALITY_STREAM, GROUP, ...ids)
        .xdel(QUALITY_STREAM, ...ids)
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    },
    forgetOthers: (idleForMs) => forget((consumer) => consumer !== name, idleForMs),
    leave: () => forget((consumer) => consumer === name, 0),
  };
}
