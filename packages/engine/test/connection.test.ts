import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connection } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { type ConnectionSettings, createConnectionIssuer } from '@ringline/engine';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { by, connected, end, must, people, usersInRoom } from './acts.ts';
import { attend } from './connections.ts';
import { useStage } from './stage.ts';

const SECRET = 'a secret that only LiveKit and we know';
const settings: ConnectionSettings = {
  livekit: {
    publicUrl: 'wss://media.example',
    apiKey: 'key',
    apiSecret: SECRET,
    tokenTtlSeconds: 600,
  },
  turn: {
    stunUrls: ['stun:turn.example:3478'],
    turnUrls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example:5349?transport=tcp'],
    secret: 'the-secret-of-the-turn-server',
  },
  maxCallSeconds: 14_400,
};

afterAll(closeMedia);
const { engine } = useStage();
let call: Call;

beforeAll(async () => {
  const [ann, bob] = people();
  call = await connected(engine, ann, [bob]);
});

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('the media token', () => {
  it('grants exactly the rights of a participant in the room of this call', async () => {
    const issued = await createConnectionIssuer(settings)(call, 'ann', 'Ann');
    expect(connection.parse(issued)).toEqual(issued);
    expect(issued.url).toBe('wss://media.example');
    const { nbf, exp, iat, ...claims } = payloadOf(issued.token);
    expect(claims).toEqual({
      iss: 'key',
      sub: 'ann',
      name: 'Ann',
      video: {
        roomJoin: true,
        room: call.roomName,
        canPublish: true,
        canPublishSources: ['camera', 'microphone', 'screen_share', 'screen_share_audio'],
        canSubscribe: true,
        canPublishData: true,
        canUpdateOwnMetadata: false,
      },
    });
    expect(Number(exp) - Number(nbf ?? iat)).toBe(600);
    expect(Math.abs(Date.parse(issued.expiresAt) - Number(exp) * 1000)).toBeLessThanOrEqual(1000);
  });

  it('is signed with the API secret of LiveKit', async () => {
    const { token } = await createConnectionIssuer(settings)(call, 'ann', null);
    const [header, payload, signature] = token.split('.');
    const expected = createHmac('sha256', SECRET)
      .update(`${header}.${payload}`)
      .digest('base64url');
    expect(signature).toBe(expected);
    expect(payloadOf(token)).not.toHaveProperty('name');
  });

  it('admits its user to the room until the call is over', async () => {
    const issued = await engine.connectionFor(call, 'ann', 'Ann');
    const ann = await attend(engine.parts.media, call.roomName, issued);
    expect(await usersInRoom(engine, call)).toEqual(['ann']);
    await must(engine, call, end(call.initiatorId), by(call.initiatorId));
    await ann.over;
    await expect(attendRoom(issued)).rejects.toThrow();
  });
});

describe('the ICE servers', () => {
  it('include credentials that the TURN server can verify', async () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 0, 1));
    const { iceServers } = await createConnectionIssuer(settings)(call, 'ann', null);
    now.mockRestore();
    // printf '1767240000:ann' | openssl dgst -sha1 -hmac 'the-secret-of-the-turn-server' -binary |
    // base64
    expect(iceServers).toEqual([
      { urls: ['stun:turn.example:3478'] },
      {
        urls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example:5349?transport=tcp'],
        username: '1767240000:ann',
        credential: 'uQL2AgDCG4SdD9GQxzdqUsOjJqA=',
      },
    ]);
  });

  it.each(['👩‍👩‍👧', '🎈'.repeat(128), '"x"', 'a:b', 'a'.repeat(128), '%'])(
    'include a unique user name that every TURN server accepts for %s',
    async (userId) => {
      const issue = createConnectionIssuer(settings);
      const nameOf = async (id: string) =>
        (await issue(call, id, null)).iceServers[1]?.username ?? '';
      const name = await nameOf(userId);
      expect(name).toMatch(/^\d+:[\w-]{1,128}$/);
      expect(await nameOf(`${userId.slice(0, -1)}x`)).not.toBe(name);
    },
  );

  it('include no TURN server without a secret, and none if none is configured', async () => {
    const { turn } = settings;
    const without = createConnectionIssuer({ ...settings, turn: { ...turn, secret: null } });
    expect((await without(call, 'ann', null)).iceServers).toEqual([
      { urls: ['stun:turn.example:3478'] },
    ]);
    const nothing = { stunUrls: [], turnUrls: [], secret: null };
    const bare = createConnectionIssuer({ ...settings, turn: nothing });
    expect((await bare(call, 'ann', null)).iceServers).toEqual([]);
  });
});
