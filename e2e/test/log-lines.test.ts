import { jest } from '@jest/globals';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { type Stack, startStack } from '../stack.ts';
import { createUser } from '../user.ts';

jest.setTimeout(120_000);

afterAll(() => closeMedia());

/** Makes one call, and returns its id and every secret that was used. */
async function playOneCall(stack: Stack): Promise<{ callId: string; secrets: string[] }> {
  const [ann, ben] = [await createUser(stack, 'ann'), await createUser(stack, 'ben')];
  const device = await ben.connect();
  const started = await ann.start({ type: 'audio', participantIds: ['ben'] });
  const { id: callId } = started.call;
  await ben.ringing(callId);
  const joined = await ben.join(callId);
  const renewed = await ben.mediaToken(callId);
  const seats = [await attendRoom(started.connection), await attendRoom(renewed)];
  await until('they are connected', async () => (await ann.call(callId)).state === 'connected');
  await ann.end(callId);
  await Promise.all(seats.map((seat) => seat.leave()));
  device.close();

  const { AUTH_JWT_SECRET, LIVEKIT_API_SECRET, DATABASE_URL } = stack.env;
  const secrets = [
    ...[ann.token, ben.token, started.connection.token, joined.connection.token, renewed.token],
    ...[AUTH_JWT_SECRET, LIVEKIT_API_SECRET, new URL(DATABASE_URL ?? '').password],
  ];
  return { callId, secrets: secrets.filter((secret) => secret !== undefined) };
}

interface Transition {
  readonly event: string;
  readonly seq: number;
  readonly request_id: string | null;
}

/** Reads from the database what happened. */
async function readTransitions(stack: Stack, callId: string): Promise<Transition[]> {
  const client = new Client({ connectionString: stack.database.url });
  await client.connect();
  try {
    const { rows } = await client.query(
      'SELECT event, seq, request_id FROM call_events WHERE call_id = $1 ORDER BY seq',
      [callId],
    );
    return rows;
  } finally {
    await client.end();
  }
}

function expectNothingSecret(output: string, secrets: string[]) {
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
  expect(output).not.toMatch(/eyJ[\w-]+\.eyJ/);
}

test('in production a call logs one JSON line per transition, without secrets', async () => {
  const stack = await startStack({ env: { NODE_ENV: 'production' } });
  const { callId, secrets } = await playOneCall(stack);
  const transitions = await readTransitions(stack, callId);
  await stack.stop();

  const output = stack.output();
  const lines = output.split('\n').map((line) => JSON.parse(line));
  const told = lines
    .filter((line) => line.callId === callId && line.seq !== undefined)
    .toSorted((a, b) => a.seq - b.seq);
  expect(told.map(({ message, seq, requestId }) => ({ message, seq, requestId }))).toEqual(
    transitions.map(({ event, seq, request_id }) => ({
      message: event,
      seq,
      requestId: request_id,
    })),
  );
  expect(told.every(({ level, time, service }) => level === 'info' && time && service)).toBe(true);
  expect(told[0]?.requestId).toBeTruthy();
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  expectNothingSecret(output, secrets);
});

test('in development the lines are readable for people, without secrets', async () => {
  const stack = await startStack({ env: { LOG_LEVEL: 'debug' } });
  const { callId, secrets } = await playOneCall(stack);
  const transitions = await readTransitions(stack, callId);
  await stack.stop();

  const output = stack.output();
  const lines = output.split('\n');
  for (const { event, seq, request_id } of transitions) {
    const told = lines.filter(
      (line) => line.includes(event) && line.includes(callId) && line.includes(`seq=${seq} `),
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info /);
    if (request_id !== null) expect(told[0]).toContain(`requestId=${request_id}`);
  }
  expectNothingSecret(output, secrets);
});
