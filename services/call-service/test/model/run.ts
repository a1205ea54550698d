import { stopTime } from '@ringline/testing/time';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';
import type { Ask } from './acts.ts';
import type { People } from './meaning.ts';
import { DEVICES, replicaOf, type Service } from './service.ts';
import { startWorkers } from './workers.ts';
import { emptyWorld, type World } from './world.ts';

/**
 * The timeouts differ, so that no deadline is mistaken for another; few seats, so that calls get
 * full.
 */
const ENV = {
  RING_TIMEOUT_SECONDS: '20',
  CONNECT_TIMEOUT_SECONDS: '25',
  RECONNECT_GRACE_SECONDS: '10',
  SOLO_TIMEOUT_SECONDS: '40',
  MAX_CALL_DURATION_SECONDS: '300',
  MAX_PARTICIPANTS: '4',
  RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
  RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
  RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0',
  RATE_LIMIT_SOCKETS_PER_USER: '0',
  RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '0',
  RATE_LIMIT_TOGGLES_PER_SECOND: '0',
};
const LIMITS = {
  maxParticipants: 4,
  timings: {
    ringSeconds: 20,
    connectSeconds: 25,
    graceSeconds: 10,
    soloSeconds: 40,
    maxSeconds: 300,
  },
};
const NAMES = ['ann', 'ben', 'cleo', 'dan', 'eva', 'finn'];

/** The state of a run beside the service. */
export interface Model {
  people: People;
  world: World;
  /** The requests with a key, which may be repeated. */
  asked: Ask[];
  /** Numbers the draws. */
  serial: number;
}

export interface Run {
  model: Model;
  service: Service;
  end(): void;
}

/** Two replicas and two workers, on one database whose clock stands still until a run moves it. */
export interface Stage {
  /**
   * Creates new users for each run, with two devices each, so that none is in a call of an earlier
   * run.
   */
  begin(): Promise<Run>;
  close(): Promise<void>;
}

async function connectAll(stack: Stack, users: readonly User[]): Promise<Service['sockets']> {
  const connected = users.map(async (user, index) => {
    const devices = DEVICES.map(
      async (id, place) => [id, await user.connect(id, replicaOf(stack, index + place))] as const,
    );
    return [user.id, new Map(await Promise.all(devices))] as const;
  });
  return new Map(await Promise.all(connected));
}

export async function setStage(): Promise<Stage> {
  const stack = await startStack({ replicas: 2, env: ENV });
  const began = Date.now();
  await stopTime(stack.databaseUrl, began);
  const { workers, close } = await startWorkers(stack);
  const operators = {
    service: await createUser(stack, 'backend', { scope: 'service' }),
    admin: await createUser(stack, 'operator', { scope: 'admin' }),
  };
  let runs = 0;
  return {
    begin: async () => {
      runs += 1;
      const people = NAMES.map((name, index) => ({
        userId: `${name}-${runs}`,
        name: index === 1 ? null : name,
        picture: null,
      })) as unknown as People;
      const users = await Promise.all(
        people.map(({ userId, name }) => createUser(stack, userId, name === null ? {} : { name })),
      );
      const sockets = await connectAll(stack, users);
      const now = await stack.database.query(
        'SELECT extract(epoch FROM ringline_now()) * 1000 AS now',
      );
      const world = emptyWorld(LIMITS, Number(now.rows[0].now));
      const byId = new Map(users.map((user) => [user.id, user]));
      return {
        model: { people, world, asked: [], serial: 0 },
        service: { stack, workers, users: byId, sockets, operators },
        end: () => {
          for (const user of users) user.forget();
        },
      };
    },
    close: async () => {
      await close();
      await stack.close();
    },
  };
}
