import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRingline, type Ringline, type RinglineCall } from '@ringline/client';
import { type Line, startLine } from '@ringline/testing/line';
import { freePort } from '@ringline/testing/ports';
import { until } from '@ringline/testing/until';
import { setUpStack } from './fixture.ts';
import { createUsers, type User } from './user.ts';

/** Ann and Ben, and the address of their own path to the service. */
interface Place {
  line: Line;
  ann: User;
  ben: User;
  sdkOf(user: User, url?: string, logged?: string[]): Ringline;
  connected(user: User): Promise<Ringline>;
  /** Counts how many of their calls ring on Ben's devices. */
  rings(): Promise<number>;
}

/** A request waits fifteen seconds for its answer, so all tests run concurrently. */
const LIMIT_MS = 90_000;

const stack = setUpStack();

const quiet = { debug: () => undefined, info: () => undefined, error: console.error };

function inPlace(act: (place: Place) => Promise<void>) {
  return async (): Promise<void> => {
    const line = await startLine(stack.replicas[0].url);
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const open: Ringline[] = [];
    const sdkOf: Place['sdkOf'] = ({ token }, url = line.url, logged = []) => {
      const note = (message: string) => void logged.push(message);
      const logger = { ...quiet, info: note, warn: note };
      const sdk = createRingline({ url, token, media: false, logger });
      open.push(sdk);
      return sdk;
    };
    const connected = async (user: User) => {
      const sdk = sdkOf(user);
      await sdk.connect();
      return sdk;
    };
    const rings = async () => {
      const { rows } = await stack.database.query(
        `SELECT FROM call_participants WHERE user_id = $1 AND state IN ('invited', 'ringing')`,
        [ben.id],
      );
      return rows.length;
    };
    try {
      await act({ line, ann, ben, sdkOf, connected, rings });
    } finally {
      for (const sdk of open) sdk.close();
      for (const user of [ann, ben]) user.forget();
      await line.close();
    }
  };
}

function ringingAt(sdk: Ringline): Promise<RinglineCall> {
  return until('it rings', () => sdk.calls.find(({ stage }) => stage === 'incoming'));
}

function isUnreachable(act: Promise<unknown>) {
  return expect(act).rejects.toMatchObject({ code: 'UNREACHABLE' });
}

describe('a client whose network path died silently', () => {
  test.concurrent(
    'rings within five seconds after the network is reported as back',
    inPlace(async ({ line, ann, ben, sdkOf }) => {
      const page = new EventTarget();
      globalThis.addEventListener = page.addEventListener.bind(page);
      const logged: string[] = [];
      const sdk = sdkOf(ben, line.url, logged);
      await sdk.connect();
      Reflect.deleteProperty(globalThis, 'addEventListener');
      line.cut();
      const callId = await ann.call(ben);
      line.mend();
      page.dispatchEvent(new Event('online'));
      expect((await ringingAt(sdk)).id).toBe(callId);
      // Two seconds of silence are enough, long before the heartbeat notices.
      expect(logged[0]).toBe('the connection is dead');
    }),
    LIMIT_MS,
  );

  test.concurrent(
    'does not report itself connected for longer than the heartbeat allows',
    inPlace(async ({ line, ann, ben, connected }) => {
      const sdk = await connected(ben);
      const callId = await ann.call(ben);
      await ringingAt(sdk);
      await ann.act(callId, 'end');
      await until('it is idle', () => sdk.calls.length === 0);
      line.cut();
      await until('the loss is noticed', () => sdk.connection === 'reconnecting', 25_000);
    }),
    LIMIT_MS,
  );
});

describe('a start without an answer', () => {
  const startOf = (sdk: Ringline, callee: User) =>
    sdk.start({ type: 'audio', participantIds: [callee.id] });

  test.concurrent(
    'rings no callee when the service is unreachable, neither then nor later',
    inPlace(async ({ line, ann, ben, sdkOf, connected, rings }) => {
      const [known, unknown] = [await connected(ann), sdkOf(ben)];
      line.cut();
      const failed = [unknown.connect(), startOf(known, ben), startOf(unknown, ann)];
      await Promise.all(failed.map(isUnreachable));
      line.mend();
      for (const sdk of [known, unknown]) {
        await until('it is connected', () => sdk.connection === 'connected');
      }
      await until('the start is cancelled', async () => {
        const { rows } = await stack.database.query(
          'SELECT FROM idempotency_keys WHERE user_id = $1 AND call_id IS NULL',
          [ann.id],
        );
        return rows.length === 1;
      });
      expect(await rings()).toBe(0);
    }),
    LIMIT_MS,
  );

  test.concurrent(
    'is cancelled when the connection is back',
    inPlace(async ({ line, ann, ben, connected, rings }) => {
      const sdk = await connected(ann);
      line.loseAnswers();
      const failed = isUnreachable(startOf(sdk, ben));
      await until('it rings', async () => (await rings()) === 1);
      await failed;
      line.mend();
      await until('it stops ringing', async () => (await rings()) === 0);
      expect((await startOf(sdk, ben)).stage).toBe('outgoing');
    }),
    LIMIT_MS,
  );
});

test.concurrent(
  'a device joins by itself when the answer to its accept was lost',
  inPlace(async ({ line, ann, ben, connected }) => {
    const sdk = await connected(ben);
    await ann.call(ben);
    const call = await ringingAt(sdk);
    line.loseAnswers();
    await isUnreachable(call.accept());
    line.mend();
    await until('it has joined', () => call.stage === 'connecting' && call.here);
  }),
  LIMIT_MS,
);

test.concurrent(
  'a hang-up before the answer withdraws an accept',
  inPlace(async ({ line, ann, ben, connected }) => {
    const sdk = await connected(ben);
    const callId = await ann.call(ben);
    const call = await ringingAt(sdk);
    line.delayAnswers(500);
    const accepted = call.accept();
    await call.hangUp();
    await accepted;
    expect(call.stage).toBe('over');
    const { body } = await ann.ask('get', `/calls/${callId}`);
    expect(body.call).toMatchObject({ state: 'ended' });
  }),
  LIMIT_MS,
);

describe('a url without a call service', () => {
  const failureOf = async ({ ben, sdkOf }: Place, url: string) => {
    const logged: string[] = [];
    const sdk = sdkOf(ben, url, logged);
    const reported = new Promise((resolve) => sdk.on('error', resolve));
    const connecting = isUnreachable(sdk.connect());
    const error = await reported;
    await connecting;
    return { error, logged };
  };

  test.concurrent(
    'is reported within seconds when the port does not answer',
    inPlace(async (place) => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const { error, logged } = await failureOf(place, url);
      const cause = expect.stringContaining(`Nothing answers at ${url}`);
      expect(error).toMatchObject({ code: 'UNREACHABLE', message: cause });
      expect(logged).toContainEqual(cause);
    }),
    LIMIT_MS,
  );

  test.concurrent(
    'is reported within seconds when a web page answers',
    inPlace(async (place) => {
      const page = createServer((_request, response) => {
        response.setHeader('Content-Type', 'text/html').end('<p>Hello</p>');
      });
      await new Promise<void>((listening) => page.listen(0, '127.0.0.1', listening));
      const { port } = page.address() as AddressInfo;
      try {
        const { error } = await failureOf(place, `http://127.0.0.1:${port}`);
        expect(error).toMatchObject({
          code: 'UNREACHABLE',
          message: expect.stringContaining("is not Ringline's call service (HTTP 200)"),
        });
      } finally {
        page.close();
        page.closeAllConnections();
      }
    }),
    LIMIT_MS,
  );
});
