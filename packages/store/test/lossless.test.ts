import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  type Call,
  type CallState,
  type Command,
  decide,
  type ParticipantState,
  start,
} from '@ringline/domain';
import type { Loaded } from '@ringline/store';
import fc from 'fast-check';
import { accept, commitOf, loadCall, mediaJoined, startOf } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'));
function storable(json: string): boolean {
  return !json.includes('\\u0000') && !/\\ud[89a-f]/.test(json);
}
const metadata = fc
  .dictionary(text, fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }))
  .map((value) => JSON.stringify(value))
  .filter(storable)
  .map((json) => JSON.parse(json) as Record<string, unknown>);

const names = ['ann', 'bob', 'cyn', 'dan', 'eve'];
const name = fc.constantFrom(...names);
const persons = fc.record({
  userId: name,
  name: fc.option(text),
  picture: fc.option(text),
});
const device = fc.option(fc.constantFrom('tab', 'phone'));
const sessions = fc.record({ sid: fc.constantFrom('PA_1', 'PA_2'), joinedAtMs: fc.nat(5) });
function command<Name extends Command['name'], Shape extends object>(
  of: Name,
  shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> },
) {
  return fc.record({ name: fc.constant(of), ...shape }) as unknown as fc.Arbitrary<Command>;
}

const ringing = fc.oneof(
  command('acknowledge_ring', { person: persons }),
  command('decline', {
    person: persons,
    deviceId: device,
    reason: fc.constantFrom('declined', 'busy'),
  }),
);
const joining = command('join', {
  person: persons,
  deviceId: device,
  takeover: fc.boolean(),
  rejoin: fc.boolean(),
  busyUsers: fc.constant(new Map()),
});
const connecting = command('media_joined', { userId: name, session: sessions });
const running = fc.oneof(
  command('media_left', { userId: name, session: sessions, replaced: fc.boolean() }),
  command('device_disconnected', {
    userId: fc.constant('ann'),
    deviceId: device,
    silentMs: fc.constantFrom(0, 700),
  }),
  command('device_connected', { userId: fc.constant('ann'), deviceId: device }),
  command('leave', { person: persons }),
  command('invite', {
    person: persons,
    participantIds: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    busyUsers: fc.constantFrom(
      new Map(),
      new Map([
        ['dan', 'another-call'],
        ['eve', 'another-call'],
      ]),
    ),
  }),
  command('toggle', { person: persons, screenSharing: fc.boolean() }),
  command('mute', { person: persons, userId: name, kind: fc.constantFrom('audio', 'video') }),
  command('remove', { person: persons, userId: name }),
  command('hand_over', { person: persons, userId: name }),
  command('expire_deadlines', {}),
);
const ending = fc.oneof(command('end', { person: persons }), command('force_end', {}));

/** Weighted so that calls last long enough to reach many states. */
const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: ringing },
  { weight: 6, arbitrary: joining },
  { weight: 8, arbitrary: connecting },
  { weight: 6, arbitrary: running },
  { weight: 1, arbitrary: ending },
);

const starts = fc.record({
  initiator: persons.map((person) => ({ ...person, userId: 'ann' })),
  deviceId: device,
  type: fc.constantFrom('audio' as const, 'video' as const),
  invitees: fc.constantFrom('bob', 'bob cyn', 'bob cyn dan').map((them) => them.split(' ')),
  conversationId: fc.option(text),
  metadata,
  mediaRefused: fc.constantFrom(false, false, false, false, false, true),
});

type Step = [later: number, command: Command];

/** Half of the calls begin with an answer, so that enough of them are connected. */
const opening: Step[] = [
  [900, accept('bob')],
  [20, mediaJoined('ann')],
  [20, mediaJoined('bob')],
];

const rest: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom(0, 1, 20, 300, 900, 900, 900, 900, 12_000, 70_000), commands),
  {
    minLength: 1,
    maxLength: 25,
  },
);

const steps = fc.tuple(fc.constantFrom([], opening), rest).map((parts) => parts.flat());

/** Marks a map in JSON, so that it can be revived. */
const ENTRIES = 'the entries of a map';

/** Gives each run its own users, so that no user is busy in a call of another run. */
function withUsersOfRun<Value>(run: string, value: Value): Value {
  const json = JSON.stringify(value, (_, inner) =>
    inner instanceof Map ? { [ENTRIES]: [...inner] } : inner,
  );
  return JSON.parse(json, (_, inner) => {
    if (names.includes(inner)) return `${inner}-${run}`;
    return inner?.[ENTRIES] === undefined ? inner : new Map(inner[ENTRIES]);
  }) as Value;
}

async function expectSameLoaded(call: Call): Promise<Loaded> {
  const loaded = await loadCall(fixture.store, call.id);
  expect(loaded.call).toEqual(call);
  return loaded;
}

it('every call of the state machine is loaded exactly as it was committed', async () => {
  const seen = new Set<CallState | ParticipantState>();
  await fc.assert(
    fc.asyncProperty(starts, steps, async ({ invitees, ...begin }, steps) => {
      const run = randomUUID();
      let now = Date.UTC(2026, 0, 1) + 7;
      const startCommand = withUsersOfRun(run, startOf('ann', invitees, begin));
      const started = start(startCommand, now);
      if (started.call === null) throw new Error('the start was refused');
      const begun = commitOf(null, { call: started.call, events: started.events });
      expect(await fixture.store.commit(begun)).toMatchObject({ outcome: 'committed', version: 1 });
      let loaded = await expectSameLoaded(started.call);
      for (const [later, next] of steps) {
        now += later;
        const decision = decide(loaded.call, withUsersOfRun(run, next), now);
        const result = await fixture.store.commit(commitOf(loaded, decision));
        expect(result).toMatchObject({ outcome: 'committed' });
        loaded = await expectSameLoaded(decision.call);
        for (const { state } of [decision.call, ...decision.call.participants]) seen.add(state);
      }
      await forceEnd(loaded, now);
    }),
    { numRuns: 100 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(['connected', 'joined', 'left', 'ended']));
});

async function forceEnd(loaded: Loaded, now: number): Promise<void> {
  const decision = decide(loaded.call, { name: 'force_end' }, now);
  await fixture.store.commit(commitOf(loaded, decision));
  await expectSameLoaded(decision.call);
}
