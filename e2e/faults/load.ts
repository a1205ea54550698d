import { setTimeout as sleep } from 'node:timers/promises';
import { closeMedia } from '@ringline/testing/room';
import { act } from './caller.ts';
import { type ConferenceCounts, createConference } from './conference.ts';
import type { FaultClock, Ledger } from './ledger.ts';
import { createPerson, type Person } from './person.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Users who call each other without end. */
export interface Load {
  readonly people: readonly Person[];
  readonly conferences: readonly ConferenceCounts[];
  /** Lets everyone finish their current act. They stay connected and idle. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly callers: number;
  readonly conferences: number;
}

const PAUSE_MS = [300, 1500] as const;
/** A request times out after 15 s. */
const CLOSE_WITHIN_MS = 20_000;

export async function startLoad(
  world: World,
  parts: { ledger: Ledger; random: Random; faults: FaultClock },
  { callers, conferences: conferenceCount }: LoadOptions,
): Promise<Load> {
  const { ledger, random } = parts;
  const stopping = new AbortController();
  const named = (name: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        createPerson(world, ledger, `${name}-${index + 1}`, index % 2 === 0 ? 2 : 1),
      ),
    );
  const crowd = await named('caller', callers);
  const seated = await named('seated', 3 * conferenceCount);

  const callOn = async (person: Person): Promise<void> => {
    const chance = random.fork(person.id);
    const others = crowd.map(({ id }) => id).filter((id) => id !== person.id);
    while (!stopping.signal.aborted) {
      await sleep(chance.between(...PAUSE_MS));
      await act({ person, device: chance.pick(person.devices), random: chance, others });
    }
  };
  const conferences = Array.from({ length: conferenceCount }, (_, index) => {
    const [host, guest, removed] = seated.slice(3 * index, 3 * index + 3);
    if (!host || !guest || !removed) throw new Error('a conference needs three users');
    const chance = random.fork(`conference ${index}`);
    return createConference([host, guest, removed], { ...parts, random: chance });
  });
  const running = Promise.all([
    ...crowd.map(callOn),
    ...conferences.map(({ run }) => run(stopping.signal)),
  ]);
  // If one of them throws, `stop` rejects.
  running.catch(() => stopping.abort());

  const people = [...crowd, ...seated];
  return {
    people,
    conferences: conferences.map(({ counts }) => counts),
    stop: async () => {
      stopping.abort();
      await running;
    },
    close: async () => {
      stopping.abort();
      // Also ends pending requests: after a violation, the services may stay down.
      for (const person of people) person.close();
      const patience = new AbortController();
      const tooLong = sleep(CLOSE_WITHIN_MS, undefined, { signal: patience.signal });
      await Promise.race([running, tooLong]).catch(() => undefined);
      patience.abort();
      // It rejects when it is aborted.
      await tooLong.catch(() => undefined);
      await closeMedia();
    },
  };
}
