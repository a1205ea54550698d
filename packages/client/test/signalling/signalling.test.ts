import { jest } from '@jest/globals';
import type { TcpProxy } from '@ringline/testing/tcp-proxy';
import type { Listener } from '#src/emitter.ts';
import { createSignalling, type Signalling } from '#src/signalling/signalling.ts';
import { createTokens } from '#src/signalling/tokens.ts';
import { createLogger } from '../fixtures/environment.ts';
import { type Stage, startFailingProxy } from '../fixtures/failing-proxy.ts';
import { CALL_ID } from '../fixtures/sample-calls.ts';
import { Refused, type ScriptedServer, startScriptedServer } from '../fixtures/scripted-server.ts';
import { tokenFor } from '../fixtures/tokens.ts';

function inAnHour() {
  return Date.now() + 3_600_000;
}
const ofCall = { callId: CALL_ID };

describe('signalling', () => {
  let server: ScriptedServer;
  let open: Signalling[];

  beforeEach(async () => {
    server = await startScriptedServer();
    open = [];
  });
  afterEach(async () => {
    jest.useRealTimers();
    for (const signalling of open) signalling.close();
    await server.close();
  });

  const begin = (source: Parameters<typeof createTokens>[0] = {}, url = server.url) => {
    const signalling = createSignalling({
      url,
      tokens: createTokens({ getToken: () => tokenFor('ann', inAnHour()), ...source }),
      deviceId: () => 'tab-1',
      retry: { delayMs: () => 10 },
      logger: createLogger(),
    });
    open.push(signalling);
    const heard = {
      state: jest.fn(),
      call_event: jest.fn(),
      'call:sync': jest.fn(),
      error: jest.fn(),
    };
    for (const name of ['state', 'call_event', 'call:sync', 'error'] as const) {
      signalling.on(name, heard[name] as Listener<unknown>);
    }
    return { signalling, heard };
  };

  it('sends the token and the device id with the handshake', async () => {
    const { signalling } = begin();
    await signalling.connect();
    expect(server.handshakes).toEqual([{ token: expect.any(String), deviceId: 'tab-1' }]);
    expect(signalling.state).toBe('connected');
  });

  it('resolves a request to the answer of the service', async () => {
    server.answers['call:decline'] = (payload) => ({ call: payload });
    const { signalling } = begin();
    await signalling.connect();
    await expect(signalling.request('call:decline', ofCall)).resolves.toEqual({ call: ofCall });
  });

  it('rejects a request with the refusal of the service', async () => {
    server.answers['call:accept'] = () => {
      throw new Refused('ANSWERED_ELSEWHERE');
    };
    const { signalling } = begin();
    await signalling.connect();
    await expect(signalling.request('call:accept', ofCall)).rejects.toMatchObject({
      name: 'RinglineError',
      code: 'ANSWERED_ELSEWHERE',
      requestId: 'r1',
    });
  });

  it('repeats a request that lost its connection before the answer', async () => {
    const { signalling, heard } = begin();
    await signalling.connect();
    const asked = server.next('call:leave');
    const left = signalling.request('call:leave', ofCall);
    await asked;
    server.answers['call:leave'] = () => ({ call: 'left' });
    server.dropSockets();
    await expect(left).resolves.toEqual({ call: 'left' });
    expect(server.count('call:leave')).toBe(2);
    expect(heard.state.mock.calls.flat()).toEqual([
      'connecting',
      'connected',
      'reconnecting',
      'connected',
    ]);
  });

  it('never repeats a quality sample, which the service could not deduplicate', async () => {
    const { signalling, heard } = begin();
    await signalling.connect();
    const asked = server.next('call:quality_update');
    const sample = {
      ...{ at: new Date().toISOString(), direction: 'send' as const },
      ...{ jitterMs: 1, packetLossPercent: 0, roundTripMs: 40 },
    };
    const reported = signalling.request('call:quality_update', { ...ofCall, sample });
    await asked;
    server.dropSockets();
    await expect(reported).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await signalling.request('call:leave', ofCall, 1000).catch(() => undefined);
    expect(heard.state).toHaveBeenLastCalledWith('connected');
    expect(server.count('call:quality_update')).toBe(1);
  });

  it('repeats a request over a new connection after eight seconds without an answer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const { signalling } = begin();
    await signalling.connect();
    const asked = server.next('call:leave');
    const left = signalling.request('call:leave', ofCall);
    await asked;
    server.answers['call:leave'] = () => ({ call: 'left' });
    await jest.advanceTimersByTimeAsync(7_999);
    expect(signalling.state).toBe('connected');
    await jest.advanceTimersByTimeAsync(1);
    expect(signalling.state).toBe('reconnecting');
    await jest.advanceTimersByTimeAsync(10);
    await expect(left).resolves.toEqual({ call: 'left' });
  });

  it('rejects a request with UNREACHABLE when its time is over', async () => {
    const { signalling } = begin();
    await signalling.connect();
    await expect(signalling.request('call:leave', ofCall, 50)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  it('reconnects after the service itself has closed the socket', async () => {
    const { signalling } = begin();
    await signalling.connect();
    const again = server.nextHandshake();
    server.dropSockets();
    await again;
  });

  describe('while it connects', () => {
    const STAGES: readonly Stage[] = ['requested', 'upgraded', 'open'];
    let proxy: TcpProxy;
    afterEach(() => proxy.close());

    it.each(STAGES)('retries at once when the connection breaks in the stage %s', async (stage) => {
      proxy = await startFailingProxy(server.url, stage, (client) => client.resetAndDestroy());
      const { signalling } = begin({}, proxy.url);
      await signalling.connect();
      expect(server.handshakes).toHaveLength(1);
    });

    it.each(STAGES)('retries after eight seconds of silence in the stage %s', async (stage) => {
      const silent = Promise.withResolvers<void>();
      proxy = await startFailingProxy(server.url, stage, () => silent.resolve());
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      const { signalling } = begin({}, proxy.url);
      const connected = signalling.connect();
      await silent.promise;
      await jest.advanceTimersByTimeAsync(8_000);
      await jest.advanceTimersByTimeAsync(10);
      await connected;
      expect(server.handshakes).toHaveLength(1);
    });
  });

  it('fetches a new token when the service refuses the old one', async () => {
    const tokens = ['old', 'new'].map((note) => tokenFor('ann', inAnHour(), note));
    const [old, fresh] = tokens;
    server.admit = ({ token }) => (token === old ? 'UNAUTHENTICATED' : null);
    const { signalling } = begin({ getToken: () => tokens.shift() ?? '' });
    await signalling.connect();
    expect(server.handshakes).toEqual([expect.objectContaining({ token: fresh })]);
  });

  it('does not retry with a fixed token that the service refuses', async () => {
    server.admit = () => 'UNAUTHENTICATED';
    const { signalling, heard } = begin({
      getToken: undefined,
      token: tokenFor('ann', inAnHour()),
    });
    await expect(signalling.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(signalling.state).toBe('closed');
    expect(heard.error).toHaveBeenCalledTimes(1);
  });

  it('does not connect with an invalid fixed token', async () => {
    const { signalling } = begin({ getToken: undefined, token: 'nonsense' });
    await expect(signalling.connect()).rejects.toMatchObject({ code: 'TOKEN_FAILED' });
    expect(server.handshakes).toEqual([]);
  });

  it('does not retry after a final refusal', async () => {
    server.admit = () => 'FORBIDDEN';
    const { signalling, heard } = begin();
    await expect(signalling.connect()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(heard.error).toHaveBeenCalledTimes(1);
  });

  it('goes on trying while the service refuses all connections', async () => {
    const refusals = ['UNAVAILABLE', 'RATE_LIMITED', 'UNAVAILABLE'] as const;
    const left = [...refusals];
    server.admit = () => left.shift() ?? null;
    const { signalling } = begin();
    await signalling.connect();
    expect(server.handshakes).toHaveLength(1);
  });

  it('reports a getToken that throws, and calls it again', async () => {
    const getToken = jest.fn(() => tokenFor('ann', inAnHour()));
    getToken.mockImplementationOnce(() => {
      throw new Error('host app is away');
    });
    const { signalling, heard } = begin({ getToken });
    await signalling.connect();
    expect(heard.error.mock.calls).toEqual([[expect.objectContaining({ code: 'TOKEN_FAILED' })]]);
  });

  it('emits call events with their names, and notices', async () => {
    const { signalling, heard } = begin();
    await signalling.connect();
    const noticed = new Promise((resolve) => heard['call:sync'].mockImplementation(resolve));
    server.send('call:missed', { ...ofCall, seq: 3 });
    server.send('call:sync', { calls: [] });
    await noticed;
    expect(heard.call_event.mock.calls).toEqual([[{ event: 'call:missed', ...ofCall, seq: 3 }]]);
    expect(heard['call:sync'].mock.calls).toEqual([[{ calls: [] }]]);
  });

  it('rejects everything once it is closed, and can be closed again', async () => {
    const { signalling } = begin();
    await signalling.connect();
    const hanging = signalling.request('call:leave', ofCall);
    signalling.close();
    signalling.close();
    const closed = { code: 'CLOSED' };
    await expect(hanging).rejects.toMatchObject(closed);
    await expect(signalling.request('call:leave', ofCall)).rejects.toMatchObject(closed);
    await expect(signalling.connect()).rejects.toMatchObject(closed);
  });
});
