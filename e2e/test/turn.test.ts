import { createHmac } from 'node:crypto';
import { jest } from '@jest/globals';
import { openPage } from '@ringline/testing/browser/page';
import { readCandidateTypes, relayOnly } from '@ringline/testing/browser/relay';
import { accept, ring } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import type { Browser } from 'playwright-core';
import { type Coturn, startCoturn } from '../coturn.ts';
import { type Stack, startStack } from '../stack.ts';
import { type Credentials, createTurnClient, type TurnClient } from '../turn-client.ts';
import { createUser } from '../user.ts';

/*
 * turnserver.conf as it is shipped, in a real coturn: who may relay, and to which addresses.
 */

jest.setTimeout(60_000);

const LOOPBACK = '127.0.0.1';
const LIVEKIT = '203.0.113.7';
function toBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const FAMILY_NOT_SUPPORTED = 440;
const FAMILY_MISMATCH = 443;
const QUOTA_REACHED = 486;

function inAnHour() {
  return Math.floor(Date.now() / 1000) + 3600;
}
function sign(secret: string, username: string): Credentials {
  return {
    username,
    credential: createHmac('sha1', secret).update(username).digest('base64'),
  };
}

describe('a coturn that may reach a LiveKit', () => {
  let coturn: Coturn;
  const clients: TurnClient[] = [];

  const client = async (credentials: Credentials): Promise<TurnClient> => {
    const made = await createTurnClient(coturn.port, credentials);
    clients.push(made);
    return made;
  };
  const allocate = async (credentials: Credentials) => (await client(credentials)).allocate();

  beforeAll(async () => {
    coturn = await startCoturn(LOOPBACK, `--allowed-peer-ip=${LIVEKIT}`);
  });
  afterAll(async () => {
    for (const one of clients) one.close();
    await coturn.stop();
  });

  test('accepts the credentials of the call service', async () => {
    expect(await allocate(sign(coturn.secret, `${inAnHour()}:ann`))).toBe(0);
  });

  test('refuses credentials that have expired', async () => {
    expect(await allocate(sign(coturn.secret, `${inAnHour() - 3660}:ann`))).toBe(UNAUTHORIZED);
  });

  test('refuses credentials that were changed or signed with another secret', async () => {
    const { username, credential } = sign(coturn.secret, `${inAnHour()}:ann`);
    const [expiry] = username.split(':');
    expect(await allocate({ username: `${expiry}:ben`, credential })).toBe(UNAUTHORIZED);
    expect(await allocate({ username: `${Number(expiry) + 1}:ann`, credential })).toBe(
      UNAUTHORIZED,
    );
    expect(await allocate({ username: 'ann', credential })).toBe(UNAUTHORIZED);
    expect(await allocate(sign(`${coturn.secret}0`, username))).toBe(UNAUTHORIZED);
  });

  describe('with a relay', () => {
    let relay: TurnClient;
    beforeAll(async () => {
      relay = await client(sign(coturn.secret, `${inAnHour()}:cleo`));
      expect(await relay.allocate()).toBe(0);
    });

    test('relays to LiveKit', async () => {
      expect(await relay.permit(toBytes(LIVEKIT))).toBe(0);
    });

    test.each([
      ['loopback', '127.0.0.1'],
      ['loopback by another name', '127.8.8.8'],
      ['this host', '0.0.0.0'],
      ['a private network', '10.0.0.1'],
      ['a private network', '172.17.0.2'],
      ['a private network', '192.168.1.1'],
      ["a carrier's network", '100.64.0.1'],
      ["a cloud's metadata", '169.254.169.254'],
      ['multicast', '224.0.0.1'],
      ['broadcast', '255.255.255.255'],
      ["LiveKit's neighbour", '203.0.113.8'],
      ['anybody else', '8.8.8.8'],
    ])('does not relay to %s (%s)', async (_what, address) => {
      expect(await relay.permit(toBytes(address))).toBe(FORBIDDEN);
    });

    test.each([
      ['loopback', '00000000000000000000000000000001'],
      ['loopback, mapped', '00000000000000000000ffff7f000001'],
      ['a private network, mapped', '00000000000000000000ffff0a000001'],
      ['a private network, compatible', '0000000000000000000000000a000001'],
      ['a private network, by NAT64', '0064ff9b00000000000000000a000001'],
      ['LiveKit, mapped', '00000000000000000000ffffcb007107'],
      ['a unique local network', 'fc000000000000000000000000000001'],
      ['a link', 'fe800000000000000000000000000001'],
      ['anybody else', '20010db8000000000000000000000001'],
    ])('does not relay to %s in IPv6 (%s)', async (_what, hex) => {
      expect([FORBIDDEN, FAMILY_MISMATCH]).toContain(await relay.permit(Buffer.from(hex, 'hex')));
    });
  });

  test('allocates no IPv6 relay', async () => {
    const dan = await client(sign(coturn.secret, `${inAnHour()}:dan`));
    expect(await dan.allocate(6)).toBe(FAMILY_NOT_SUPPORTED);
  });

  test('limits the relays of each user, without effect on the next user', async () => {
    const eva = sign(coturn.secret, `${inAnHour()}:eva`);
    const outcomes: number[] = [];
    for (let made = 0; made < 25; made += 1) outcomes.push(await allocate(eva));
    expect(outcomes).toEqual([...Array(24).fill(0), QUOTA_REACHED]);
    expect(await allocate(sign(coturn.secret, `${inAnHour()}:finn`))).toBe(0);
  });

  test('logs no secret', () => {
    expect(coturn.output()).not.toContain(coturn.secret);
  });
});

test('behind a NAT, relays to LiveKit’s public address as well', async () => {
  const coturn = await startCoturn(LIVEKIT, '--allow-loopback-peers');
  const ann = await createTurnClient(coturn.port, sign(coturn.secret, `${inAnHour()}:ann`));
  expect(await ann.allocate()).toBe(0);
  expect(await ann.permit(toBytes(LIVEKIT))).toBe(0);
  expect(await ann.permit(toBytes('203.0.113.8'))).toBe(FORBIDDEN);
  ann.close();
  await coturn.stop();
});

describe('a browser that reaches only coturn', () => {
  let coturn: Coturn;
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    // LiveKit is on loopback here.
    coturn = await startCoturn(LOOPBACK, '--allow-loopback-peers');
    stack = await startStack({
      web: true,
      env: { TURN_URLS: coturn.url, TURN_SECRET: coturn.secret },
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await coturn?.stop();
  });

  test('holds a call through it, and hears the other', async () => {
    const url = stack.web?.url ?? '';
    const [ann, ben] = await Promise.all([
      openPage(browser, url, 'ann', relayOnly),
      openPage(browser, url, 'ben'),
    ]);
    await ring(ann, ben, 'video');
    await accept(ben, ann);
    const ways = await readCandidateTypes(ann.page);
    expect(new Set(ways)).toEqual(new Set(['relay']));
    await ann.click('hang-up');
    await Promise.all([ann.close(), ben.close()]);
  });

  test('gets credentials only for itself, and only with a call', async () => {
    const [gia, hugo] = await Promise.all([createUser(stack, 'gia'), createUser(stack, 'hugo')]);
    const { call, connection } = await gia.start({ type: 'audio', participantIds: [hugo.id] });
    const [turn] = connection.iceServers;
    expect(turn?.urls).toEqual([coturn.url]);
    expect(turn?.username).toMatch(/^\d+:gia$/);
    await gia.end(call.id);
  });
});
