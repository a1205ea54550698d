import { randomUUID } from 'node:crypto';
import type { Logger } from './logger.ts';
import type { RedisClient } from './redis.ts';
import { Unfit } from './unfit.ts';
import { within } from './within.ts';

/** Something that Redis must let us do. */
export interface RedisNeed {
  /** In words: the commands, and on what. */
  what: string;
  /** Does it with a name that nobody else uses, and leaves nothing behind. */
  attempt(client: RedisClient, name: string): Promise<unknown>;
}

type Command = [string, ...(string | number)[]];

/** Commands on one key, which the last of them deletes. Where one of them is refused, none is executed. */
export function needOnKeys(what: string, commands: (key: string) => Command[]): RedisNeed {
  return {
    what,
    attempt: async (client, name) => {
      const replies = (await client.multi(commands(`ringline:probe:${name}`)).exec()) ?? [];
      for (const [error] of replies) if (error !== null) throw error;
    },
  };
}

/** Longer than a process needs that has just started on a busy machine. */
const ATTEMPT_MS = 5000;
/** The rights of a user may change while we are connected. */
const LOOK_EVERY_MS = 10_000;

const UNKNOWN = /unknown (sub)?command/i;
const FORBIDDEN = /^NOPERM|no permission|ACL failure|can't run this command/i;

/** Why Redis refuses for good; null for what may be over in a moment, as is an outage. */
function refusalIn(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // A transaction that was given up says only this; the reasons are beside it.
  const { previousErrors = [] } = error as Error & { previousErrors?: Error[] };
  const messages = [error, ...previousErrors].map(({ message }) => message);
  if (messages.some((message) => UNKNOWN.test(message))) {
    return 'does not know; Ringline needs Redis 7 or newer';
  }
  return messages.some((message) => FORBIDDEN.test(message))
    ? 'forbids to the user of REDIS_URL (ACL)'
    : null;
}

/** What Redis refuses, in a sentence; null where it refuses nothing, or does not answer: then nothing is known. */
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

/** Whether Redis lets us do what we need, as far as is known. */
export interface RedisFitness {
  /** Throws `Unfit` if it does not. */
  demand(): void;
}

/**
 * Tries at once what Redis must let us do, and rejects with `Unfit` if it refuses something. Tries again whenever Redis is
 * connected again and every ten seconds, and logs what it refuses then. A Redis that is away is not held for unfit.
 */
export async function watchRedisFitness(
  client: RedisClient,
  needs: readonly RedisNeed[],
  logger: Logger,
): Promise<RedisFitness> {
  let lack: string | null = null;
  const look = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const found = await findLack(client, needs);
    if (found !== null && found !== lack) logger.error(found);
    if (found === null && lack !== null) logger.info('Redis lets us do what Ringline needs again');
    lack = found;
  };
  const demand = (): void => {
    if (lack !== null) throw new Unfit(lack);
  };

  if (client.status === 'ready') lack = await findLack(client, needs);
  demand();
  // `look` does not reject: what fails is either a refusal or nothing known.
  client.on('ready', look);
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  client.once('end', () => clearInterval(timer));
  return { demand };
}
