import { randomUUID } from 'node:crypto';
import type { Logger } from './logger.ts';
import type { RedisClient } from './redis.ts';
import { Unfit } from './unfit.ts';
import { within } from './within.ts';

/** Something that Redis must permit. */
export interface RedisNeed {
  /** The commands and their target in words. */
  what: string;
  /** Tries it with a unique name, and cleans up. */
  attempt(client: RedisClient, name: string): Promise<unknown>;
}

type Command = [string, ...(string | number)[]];

/** Commands on one key, the last of which deletes it. If one is refused, none runs. */
export function needOnKeys(what: string, commands: (key: string) => Command[]): RedisNeed {
  return {
    what,
    attempt: async (client, name) => {
      const replies = (await client.multi(commands(`ringline:probe:${name}`)).exec()) ?? [];
      for (const [error] of replies) if (error !== null) throw error;
    },
  };
}

/** Longer than a busy machine needs right after the start. */
const ATTEMPT_MS = 5000;
/** The permissions of the Redis user may change at any time. */
const CHECK_EVERY_MS = 10_000;

const UNKNOWN = /unknown (sub)?command/i;
const FORBIDDEN = /^NOPERM|no permission|ACL failure|can't run this command/i;

/** Why Redis refuses permanently; null for a temporary error such as an outage. */
function refusalIn(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // The error of a discarded transaction has its reasons in `previousErrors`.
  const { previousErrors = [] } = error as Error & { previousErrors?: Error[] };
  const messages = [error, ...previousErrors].map(({ message }) => message);
  if (messages.some((message) => UNKNOWN.test(message))) {
    return 'does not know; Ringline needs Redis 7 or newer';
  }
  return messages.some((message) => FORBIDDEN.test(message))
    ? 'forbids to the user of REDIS_URL (ACL)'
    : null;
}

/** A sentence about the first refusal; null if there is none, or if Redis does not answer. */
async function findLack(client: RedisClient, needs: readonly RedisNeed[]): Promise<string | null> {
  for (const { what, attempt } of needs) {
    try {
      await within(ATTEMPT_MS, attempt(client, randomUUID()));
    } catch (error) {
      const refusal = refusalIn(error);
      return refusal === null ? null : `Ringline needs ${what}, which this Redis ${refusal}.`;
    }
  }
  return null;
}

/** The latest known result of the check. */
export interface RedisFitness {
  /** Throws `Unfit` if Redis refuses something. */
  demand(): void;
}

/**
 * Checks what Redis must permit, and rejects with `Unfit` if it refuses something. Checks again
 * after each reconnect and every ten seconds, and logs refusals. A Redis that is away does not
 * count as unfit.
 */
export async function watchRedisFitness(
  client: RedisClient,
  needs: readonly RedisNeed[],
  logger: Logger,
): Promise<RedisFitness> {
  let lack: string | null = null;
  const check = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const found = await findLack(client, needs);
    if (found !== null && found !== lack) logger.error(found);
    if (found === null && lack !== null) logger.info('Redis permits again what Ringline needs');
    lack = found;
  };
  const demand = (): void => {
    if (lack !== null) throw new Unfit(lack);
  };

  if (client.status === 'ready') lack = await findLack(client, needs);
  demand();
  // `check` does not reject.
  client.on('ready', check);
  const timer = setInterval(check, CHECK_EVERY_MS).unref();
  client.once('end', () => clearInterval(timer));
  return { demand };
}
