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

  it('does nothing before it is told to connect', () => {
    expect(ringline).toMatchObject({ connection: 'idle', userId: null, calls: [] });
    expect(server.handshakes).toEqual([]);
  });

  it('knows who it is once it is connected', async () => {
    await ringline.connect();
    expect(ringline).toMatchObject({ connection: 'connected', userId: 'ben', deviceId: 'tab-1' });
  });

  it('says at once that it rings', async () => {
    await ringline.connect();
    const acknowledged = server.next('call:ringing');
    const ringing = rung();
    server.send('call:incoming', incoming);
    expect((await ringing).snapshot).toEqual(ringingCall());
    expect(await acknowledged).toEqual({ callId: CALL_ID });
  });

  it('tells of a call that came while the user was in another one, which is none of its calls', async () => {
    await ringline.connect();
    const missed = new Promise((resolve) => ringline.on('missed_busy', resolve));
    server.send('call:missed_busy', { callId: CALL_ID, call: ringingCall() });
    expect(await missed).toEqual(ringingCall());
    expect(ringline.calls).toEqual([]);
  });

  it('learns after a lost connection what it has missed', async () => {
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

  it('hears events in their order', async () => {
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

  it('tells the service of a new token before the old one ends', async () => {
    server.answers['auth:refresh'] = () => null;
    ringline = createBen(4000);
    const refreshed = server.next('auth:refresh');
    await ringline.connect();
    expect(await refreshed).toEqual({ token: expect.any(String) });
  });

  it('asks REST with its token and its device', async () => {
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

  it('hands on what REST refuses', async () => {
    await ringline.connect();
    const refusal = ringline.getCall(CALL_ID);
    await expect(refusal).rejects.toBeInstanceOf(RinglineError);
    await expect(refusal).rejects.toMatchObject({
      code: 'CALL_NOT_FOUND',
      status: 404,
      requestId: 'r1',
    });
  });

  it('asks REST again with a new token when the old one is refused', async () => {
    const statuses = [401, 200];
    server.http = (_request, response) => {
      response.writeHead(statuses.shift() ?? 500, { 'Content-Type': 'application/json' });
      response.end('{"calls":[]}');
    };
    await ringline.connect();
    expect(await ringline.activeCalls()).toEqual([]);
    expect(statuses).toEqual([]);
  });

  it('goes on when a listener of the host app throws', async () => {
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

  it('is closed once and for all', async () => {
    await ringline.connect();
    ringline.close();
    ringline.close();
    expect(ringline.connection).toBe('closed');
    const start = ringline.start({ type: 'audio', participantIds: ['ann'] });
    await expect(start).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(ringline.stats()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('asks for connect before a start', async () => {
    const start = ringline.start({ type: 'audio', participantIds: ['ann'] });
    await expect(start).rejects.toThrow('Call connect() first');
  });
});
