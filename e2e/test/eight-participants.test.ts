import { jest } from '@jest/globals';
import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';

jest.setTimeout(180_000);

/** One tone per user. None is a multiple of another. */
const tones = new Map([
  ['ann', 410],
  ['ben', 530],
  ['cleo', 670],
  ['dan', 790],
  ['eva', 910],
  ['finn', 1030],
  ['gia', 1150],
  ['hugo', 1310],
]);
const [annId, ...calleeIds] = [...tones.keys()] as [string, ...string[]];

/** This process decodes 56 streams, on a machine that may be busy. */
const PATIENCE_MS = 60_000;

let stack: Stack;
const seats = new Map<string, Attendance>();

beforeAll(async () => {
  stack = await startStack();
});

afterAll(async () => {
  await Promise.all([...seats.values()].map((seat) => seat.leave()));
  await stack?.stop();
  await closeMedia();
});

test('in a call of eight each hears the seven others', async () => {
  const ann = await createUser(stack, annId);
  const callees = await Promise.all(calleeIds.map((id) => createUser(stack, id)));
  const started = await ann.start({ type: 'audio', participantIds: calleeIds });
  const { id: callId } = started.call;

  const listenFor = [...tones.values()];
  const sit = async ({ id }: User, { connection } = started) => {
    seats.set(id, await attendRoom(connection, { tone: { hertz: tones.get(id) ?? 0, listenFor } }));
  };
  await Promise.all([
    sit(ann),
    ...callees.map(async (callee) => sit(callee, await callee.join(callId))),
  ]);

  await until('all eight have joined', async () => {
    const { state, participants } = await ann.call(callId);
    return state === 'connected' && participants.every((one) => one.state === 'joined');
  });
  for (const [userId, seat] of seats) {
    const hearsAllOthers = () =>
      [...tones].every(([otherId, hertz]) => {
        const heard = seat.hears.get(otherId);
        return otherId === userId ? !heard : heard?.hertz === hertz && heard.share > 0.8;
      });
    await until(`${userId} hears the tone of each other`, hearsAllOthers, PATIENCE_MS);
  }

  await ann.end(callId);
  const entries = await Promise.all(
    [ann, ...callees].map(async (user) => (await user.history())[0]),
  );
  expect(entries.map((entry) => [entry?.call.id, entry?.outcome])).toEqual(
    entries.map(() => [callId, 'completed']),
  );
});
