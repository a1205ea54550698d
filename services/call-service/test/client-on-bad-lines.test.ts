import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRingline, type Ringline, type RinglineCall } from '@ringline/client';
import { type Line, startLine } from '@ringline/testing/line';
import { freePort } from '@ringline/testing/ports';
import { until } from '@ringline/testing/until';
import { type Stack, startStack } from './stack.ts';
import { createUsers, type User } from './user.ts';

let stack: Stack;
let line: Line;
let ann: User;
let ben: User;
const open: Ringline[] = [];
/** An act waits fifteen seconds for its answer. */
const LIMIT_MS = 90_000;
const logger = { ...console, debug: () => undefined, info: () => undefined };

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  line = await startLine(stack.replicas[0].url);
  [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
});
afterEach(async () => {
  for (const sdk of open.splice(0)) sdk.close();
  for (const user of [ann, ben]) user.forget();
  await line.close();
});

const sdkOf = ({ token }: User, url = line.url, more: object = {}): Ringline => {
  const sdk = createRingline({ url, token, media: false, logger, ...more });
  open.push(sdk);
  return sdk;
};

const connected = async (user: User, url = line.url): Promise<Ringline> => {
  const sdk = sdkOf(user, url);
  await sdk.connect();
  return sdk;
};

const ringingAt = (sdk: Ringline): Promise<RinglineCall> =>
  until('it rings', () => sdk.calls.find(({ stage }) => stage === 'incoming'), 30_000);

const rung = async (): Promise<number> => {
  const { rows } = await stack.database.query(
    `SELECT count(*) FROM call_participants WHERE user_id = $1 AND state IN ('invited', 'ringing')`,
    [ben.id],
  );
  return Number(rows[0].count);
};

describe('a client whose path has died without a word', () => {
  test(
    'rings within five seconds once the network is said to be back',
    async () => {
      const page = new EventTarget();
      globalThis.addEventListener = page.addEventListener.bind(page);
      globalThis.removeEventListener = page.removeEventListener.bind(page);
      const sdk = await connected(ben);
      line.cut();
      const callId = await ann.call(ben);
      line.mend();
      const began = performance.now();
      page.dispatchEvent(new Event('online'));
      expect((await ringingAt(sdk)).id).toBe(callId);
      expect(performance.now() - began).toBeLessThan(5000);
    },
    LIMIT_MS,
  );

  test(
    'is not called connected for longer than the heartbeat allows',
    async () => {
      const sdk = await connected(ben);
      const callId = await ann.call(ben);
      await ringingAt(sdk);
      await ann.act(callId, 'end');
      await until('it is idle', () => sdk.calls.length === 0);
      const began = performance.now();
      line.cut();
      await until('it is noticed', () => sdk.connection === 'reconnecting', 30_000);
      expect(performance.now() - began).toBeLessThan(15_000);
    },
    LIMIT_MS,
  );
});

describe('a start that had no answer', () => {
  const start = { type: 'audio', participantIds: [''] } as const;

  test(
    'rings nobody when the service cannot be reached, neither then nor later',
    async () => {
      const [known, unknown] = [await connected(ann), sdkOf(ben)];
      line.cut();
      unknown.connect().catch(() => undefined);
      const starts = [
        known.start({ ...start, participantIds: [ben.id] }),
        unknown.start({ ...start, participantIds: [ann.id] }),
      ];
      for (const started of starts) {
        await expect(started).rejects.toMatchObject({ code: 'UNREACHABLE' });
      }
      line.mend();
      for (const sdk of [known, unknown]) {
        await until('it is connected', () => sdk.connection === 'connected', 30_000);
      }
      await until('the start is cancelled', async () => {
        const { rows } = await stack.database.query(
          'SELECT FROM idempotency_keys WHERE user_id = $1 AND call_id IS NULL',
          [ann.id],
        );
        return rows.length === 1;
      });
      expect(await rung()).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    'is cancelled when the connection is back',
    async () => {
      const sdk = await connected(ann);
      line.loseAnswers();
      const failed = sdk.start({ ...start, participantIds: [ben.id] });
      await until('it rings', async () => (await rung()) === 1);
      await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE' });
      line.mend();
      await until('it rings no more', async () => (await rung()) === 0, 30_000);
      const answered = await sdk.start({ ...start, participantIds: [ben.id] });
      expect(answered.stage).toBe('outgoing');
    },
    LIMIT_MS,
  );
});

test(
  'an accept whose answer was lost gets the device in by itself',
  async () => {
    const sdk = await connected(ben);
    await ann.call(ben);
    const call = await ringingAt(sdk);
    line.loseAnswers();
    await expect(call.accept()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    line.mend();
    await until('it is in', () => call.stage === 'connecting' && call.here, 30_000);
  },
  LIMIT_MS,
);

test(
  'an accept is taken back by a hang-up before its answer',
  async () => {
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
  },
  LIMIT_MS,
);

describe('a url at which there is no call service', () => {
  const failureOf = async (url: string, more: object = {}) => {
    const warnings: string[] = [];
    const sdk = sdkOf(ben, url, {
      logger: { ...logger, warn: (message: string) => void warnings.push(message) },
      ...more,
    });
    const told = new Promise((resolve) => sdk.on('error', resolve));
    sdk.connect().catch(() => undefined);
    return { error: await told, warnings };
  };

  test(
    'is told within seconds, where nothing answers',
    async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const { error, warnings } = await failureOf(url);
      expect(error).toMatchObject({
        code: 'UNREACHABLE',
        message: expect.stringContaining(`Nothing answers at ${url}`),
      });
      expect(warnings).toEqual([expect.stringContaining(url)]);
    },
    LIMIT_MS,
  );

  test(
    'is told within seconds, where a page answers',
    async () => {
      const page = createServer((_request, response) => {
        response.setHeader('Content-Type', 'text/html').end('<p>Hello</p>');
      });
      await new Promise<void>((listening) => page.listen(0, '127.0.0.1', listening));
      try {
        const { error } = await failureOf(
          `http://127.0.0.1:${(page.address() as AddressInfo).port}`,
        );
        expect(error).toMatchObject({
          code: 'UNREACHABLE',
          message: expect.stringContaining("is not Ringline's call service (HTTP 200)"),
        });
      } finally {
        page.close();
        page.closeAllConnections();
      }
    },
    LIMIT_MS,
  );
});
