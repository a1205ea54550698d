import { jest } from '@jest/globals';
import {
  createRingline,
  type Ringline,
  RinglineError,
  type RinglineOptions,
} from '@ringline/client';
import { at, CALL_ID, ringingCall } from './fixtures/sample-calls.ts';
import { type ScriptedServer, startScriptedServer } from './fixtures/scripted-server.ts';
import { tokenFor } from './fixtures/tokens.ts';

function inAnHour() {
  return tokenFor('ben', Date.now() + 3_600_000);
}
const throwing: () => never = () => {
  throw new Error('a bug of the host app');
};
const quiet = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };

let server: ScriptedServer;
let open: Ringline[];

beforeEach(async () => {
  server = await startScriptedServer();
  open = [];
});
afterEach(async () => {
  jest.useRealTimers();
  for (const ringline of open) ringline.close();
  await server.close();
});

function create(more: object = {}): Ringline {
  const ringline = createRingline({
    url: server.url,
    getToken: inAnHour,
    media: false,
    logger: quiet,
    retry: { delayMs: () => 10 },
    ...more,
  } as RinglineOptions);
  open.push(ringline);
  return ringline;
}

describe('host app code that fails', () => {
  it.each([
    ['a logger', { logger: { debug: throwing, info: throwing, warn: throwing, error: throwing } }],
    ['storage', { storage: { getItem: throwing, setItem: throwing, removeItem: throwing } }],
    ['a retry policy', { retry: { delayMs: throwing } }],
    ['a retry policy that gives no number', { retry: { delayMs: () => Number.NaN } }],
    [
      'storage that answers later',
      { storage: { getItem: async (): Promise<string> => 'x', setItem: (): void => undefined } },
    ],
  ])('does not stop the SDK: %s', async (_what, more) => {
    const shown = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const ringline = create(more);
    await ringline.connect();
    server.dropSockets();
    await new Promise<void>((again) =>
      ringline.on('connection', (state) => state === 'connected' && again()),
    );
    const rung = new Promise((resolve) => ringline.on('incoming', resolve));
    server.send('call:incoming', {
      callId: CALL_ID,
      seq: 2,
      call: ringingCall(),
      ringExpiresAt: at(30),
    });
    expect(await rung).toMatchObject({ id: CALL_ID });
    shown.mockRestore();
  });

  it.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an object', () => ({ token: inAnHour() })],
    ['an exception', throwing],
    ['a rejection', () => Promise.reject(new Error('401'))],
    ['text that is no token', () => '<html>'],
  ])('emits TOKEN_FAILED when getToken gives %s', async (_what, getToken) => {
    const ringline = create({ getToken });
    const told = new Promise<RinglineError>((resolve) => ringline.on('error', resolve));
    ringline.connect().catch(() => undefined);
    const error = await told;
    expect(error).toBeInstanceOf(RinglineError);
    expect(error.code).toBe('TOKEN_FAILED');
  });

  it('emits TOKEN_FAILED when getToken does not answer, and calls it again', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const getToken = jest.fn(() => new Promise<string>(() => undefined));
    const ringline = create({ getToken });
    const errors: RinglineError[] = [];
    ringline.on('error', (error) => errors.push(error));
    const connecting = ringline.connect();
    connecting.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(15_100);
    expect(errors[0]).toMatchObject({
      code: 'TOKEN_FAILED',
      cause: expect.objectContaining({ message: 'getToken did not answer within 15 s' }),
    });
    expect(getToken.mock.calls.length).toBeGreaterThan(1);
    await expect(connecting).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('a url', () => {
  it.each([
    ['', 'is missing'],
    [undefined, 'is missing'],
    ['localhost:3000', 'starts with neither http:// nor https://'],
    ['calls.example.com', 'it may lack https://'],
    ['/calls', 'it may lack https://'],
    ['ftp://calls.example.com', 'starts with neither'],
    ['https://calls.example.com/api/v1', 'has more than a host and a port'],
    ['https://ann:secret@calls.example.com', 'contains a password'],
  ])('throws at once when it is not an origin: %j', (url, why) => {
    const make = () => create({ url });
    expect(make).toThrow(RinglineError);
    expect(make).toThrow(why);
    expect(make).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
    expect(make).not.toThrow('secret');
  });

  it.each(['http', 'ws'])('may start with %s:// and end with a slash', async (scheme) => {
    const ringline = create({ url: `${server.url.replace('http', scheme)}/` });
    await ringline.connect();
    expect(ringline.connection).toBe('connected');
  });
});

describe('connecting', () => {
  it('works again after a close, even in the same tick', async () => {
    const ringline = create();
    const first = ringline.connect();
    ringline.close();
    const second = ringline.connect();
    await expect(first).rejects.toMatchObject({ code: 'CLOSED' });
    await second;
    expect(ringline).toMatchObject({ connection: 'connected', userId: 'ben' });
    ringline.close();
    expect(ringline.connection).toBe('closed');
    await ringline.connect();
    expect(ringline.connection).toBe('connected');
  });

  it('rejects after fifteen seconds, and goes on trying', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const refuse = server.admit;
    server.admit = () => 'UNAVAILABLE';
    const ringline = create({ retry: { delayMs: () => 1000 } });
    const connecting = ringline.connect();
    connecting.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(15_000);
    await expect(connecting).rejects.toBeInstanceOf(RinglineError);
    expect(ringline.connection).toBe('connecting');
    jest.useRealTimers();
    server.admit = refuse;
    await ringline.connect();
    expect(ringline.connection).toBe('connected');
  });

  it('waits for Retry-After when it is rate limited, and emits no error', async () => {
    let refusals = 0;
    server.admit = () => {
      refusals += 1;
      return refusals === 1 ? { code: 'RATE_LIMITED', retryAfterSeconds: 1 } : null;
    };
    const errors: RinglineError[] = [];
    const ringline = create();
    ringline.on('error', (error) => errors.push(error));
    const began = performance.now();
    await ringline.connect();
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(errors).toEqual([]);
  });
});

describe('the answer to a REST request', () => {
  it.each([
    ['a page with 200', 200, 'text/html', '<p>Sign in</p>', 'UNAVAILABLE'],
    ['a page with 502', 502, 'text/html', '<p>Bad gateway</p>', 'UNAVAILABLE'],
    ['half a problem', 500, 'application/problem+json', '{"code":', 'UNAVAILABLE'],
  ])('rejects with a RinglineError when it is %s', async (_what, status, type, body, code) => {
    server.http = (_request, response) => {
      response.writeHead(status, { 'Content-Type': type }).end(body);
    };
    const ringline = create();
    const refusal = ringline.stats();
    await expect(refusal).rejects.toBeInstanceOf(RinglineError);
    await expect(refusal).rejects.toMatchObject({ code });
  });

  it('may have a date as Retry-After', async () => {
    const until = new Date(Date.now() + 60_000).toUTCString();
    server.http = (_request, response) => {
      response.writeHead(429, {
        'Content-Type': 'application/problem+json',
        'Retry-After': until,
      });
      response.end(JSON.stringify({ code: 'RATE_LIMITED', detail: 'slow down', requestId: 'r' }));
    };
    const refused = await create()
      .stats()
      .catch((error: RinglineError) => error);
    const { retryAfterSeconds } = (refused as RinglineError).details;
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('comes for a device id that a header cannot carry as it is', async () => {
    let device: unknown;
    server.http = (request, response) => {
      device = request.headers['ringline-device'];
      response.setHeader('Content-Type', 'application/json').end('{}');
    };
    const ringline = create({ deviceId: 'Käthes Gerät ☎' });
    await ringline.connect();
    await ringline.stats();
    expect(device).toBe(encodeURIComponent('Käthes Gerät ☎'));
  });
});

describe('an older platform', () => {
  it('works without AbortSignal.any and AbortSignal.timeout', async () => {
    const { any, timeout } = AbortSignal;
    Object.assign(AbortSignal, { any: undefined, timeout: undefined });
    try {
      server.http = (_request, response) => {
        response.setHeader('Content-Type', 'application/json').end('{"total":0}');
      };
      const ringline = create();
      await ringline.connect();
      expect(await ringline.stats()).toEqual({ total: 0 });
    } finally {
      Object.assign(AbortSignal, { any, timeout });
    }
  });

  it.each(['WebSocket', 'fetch', 'crypto'] as const)('throws UNSUPPORTED without %s', (name) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    if (own === undefined) throw new Error(`there is no ${name} here`);
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
    try {
      expect(() => create()).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(`${name}.*Safari 15.4`),
        }),
      );
    } finally {
      Object.defineProperty(globalThis, name, own);
    }
  });
});
