import { jest } from '@jest/globals';
import { createRingline, type Ringline, type RinglineCall, RinglineError } from '@ringline/client';
import { at, CALL_ID, endedEvent, eventNumber, ringingCall } from './fixtures/sample-calls.ts';
import { type ScriptedServer, startScriptedServer } from './fixtures/scripted-server.ts';
import { tokenFor } from './fixtures/tokens.ts';

const incoming = { callId: CALL_ID, seq: 2, call: ringingCall(), ringExpiresAt: at(30) };

describe('a Ringline client', () => {
  let server: ScriptedServer;
  let ringline: Ringline;

  const createBen = (lifeMs = 3_600_000) =>
    createRingline({
      url: server.url,
      getToken: () => tokenFor('ben', Date.now() + lifeMs),
      deviceId: 'tab-1',
      media: false,
      retry: { delayMs: () => 10 },
    });

  beforeEach(async () => {
    server = await startScriptedServer();
    server.answers['call:ringing'] = () => ({ call: ringingCall() });
    ringline = createBen();
  });
  afterEach(async () => {
    ringline.close();
    await server.close();
  });

  const rung = () => new Promise<RinglineCall>((resolve) => ringline.on('incoming', resolve));

  it('does nothing before connect()', () => {
    expect(ringline).toMatchObject({ connection: 'idle', userId: null, calls: [] });
    expect(server.handshakes).toEqual([]);
  });

  it('knows its user and device once it is connected', async () => {
    await ringline.connect();
    expect(ringline).toMatchObject({ connection: 'connected', userId: 'ben', deviceId: 'tab-1' });
  });

  it('acknowledges a ring at once', async () => {
    await ringline.connect();
    const acknowledged = server.next('call:ringing');
    const ringing = rung();
    server.send('call:incoming', incoming);
    expect((await ringing).snapshot).toEqual(ringingCall());
    expect(await acknowledged).toEqual({ callId: CALL_ID });
  });

  it('emits missed_busy for a call during another one, and does not list it', async () => {
    await ringline.connect();
    const missed = new Promise((resolve) => ringline.on('missed_busy', resolve));
    server.send('call:missed_busy', { callId: CALL_ID, call: ringingCall() });
    expect(await missed).toEqual(ringingCall());
    expect(ringline.calls).toEqual([]);
  });

  it('catches up after a lost connection', async () => {
    const firstSync = server.next('call:sync');
    await ringline.connect();
    await firstSync;
    const ringing = rung();
    server.send('call:incoming', incoming);
    const call = await ringing;
    const ended = new Promise((resolve) => call.on('ended', resolve));
    const known: unknown[] = [];
    server.answers['call:sync'] = (payload) => {
      known.push(payload);
      return { calls: [endedEvent().call] };
    };
    server.dropSockets();
    expect(await ended).toEqual({ cause: 'hangup' });
    expect(known).toEqual([{ calls: { [CALL_ID]: 2 } }]);
  });

  it('emits changes in the order of seq', async () => {
    await ringline.connect();
    const ringing = rung();
    server.send('call:incoming', incoming);
    const call = await ringing;
    const seqs: number[] = [];
    const done = new Promise<void>((resolve) =>
      call.on('changed', ({ seq }) => {
        seqs.push(seq);
        if (seq === 5) resolve();
      }),
    );
    for (const seq of [5, 4, 4, 3, 5]) server.send(eventNumber(seq).event, eventNumber(seq));
    await done;
    expect(seqs).toEqual([3, 4, 5]);
  });

  it('sends a new token before the old one expires', async () => {
    server.answers['auth:refresh'] = () => null;
    ringline = createBen(4000);
    const refreshed = server.next('auth:refresh');
    await ringline.connect();
    expect(await refreshed).toEqual({ token: expect.any(String) });
  });

  it('sends its token and its device id with REST requests', async () => {
    const page = { entries: [], nextCursor: null };
    let asked: unknown;
    server.http = (request, response) => {
      const { authorization, 'ringline-device': device } = request.headers;
      asked = { url: request.url, authorization, device };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(page));
    };
    await ringline.connect();
    expect(await ringline.history({ limit: 5, outcome: 'missed' })).toEqual(page);
    expect(asked).toEqual({
      url: '/api/v1/calls/history?limit=5&outcome=missed',
      authorization: expect.stringMatching(/^Bearer /),
      device: 'tab-1',
    });
  });

  it('rejects with the refusal of a REST request', async () => {
    await ringline.connect();
    const refusal = ringline.getCall(CALL_ID);
    await expect(refusal).rejects.toBeInstanceOf(RinglineError);
    await expect(refusal).rejects.toMatchObject({
      code: 'CALL_NOT_FOUND',
      status: 404,
      requestId: 'r1',
    });
  });

  it('repeats a REST request with a new token when the old one is refused', async () => {
    const statuses = [401, 200];
    server.http = (_request, response) => {
      response.writeHead(statuses.shift() ?? 500, { 'Content-Type': 'application/json' });
      response.end('{"calls":[]}');
    };
    await ringline.connect();
    expect(await ringline.activeCalls()).toEqual([]);
    expect(statuses).toEqual([]);
  });

  it('continues when a listener of the host app throws', async () => {
    const shown = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    ringline.on('incoming', () => {
      throw new Error('a bug of the host app');
    });
    await ringline.connect();
    const ringing = rung();
    server.send('call:incoming', incoming);
    expect((await ringing).stage).toBe('incoming');
    expect(shown).toHaveBeenCalledTimes(1);
    shown.mockRestore();
  });

  it('stays closed, and can be closed again', async () => {
    await ringline.connect();
    ringline.close();
    ringline.close();
    expect(ringline.connection).toBe('closed');
    const start = ringline.start({ type: 'audio', participantIds: ['ann'] });
    await expect(start).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(ringline.stats()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('rejects a start before connect()', async () => {
    const start = ringline.start({ type: 'audio', participantIds: ['ann'] });
    await expect(start).rejects.toThrow('Call connect() first');
  });
});
