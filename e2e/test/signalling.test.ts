import { randomInt } from 'node:crypto';
import { jest } from '@jest/globals';
import { createRingline, type Ringline, type RinglineCall } from '@ringline/client';
import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { createRandom } from '../faults/random.ts';
import { type LossyProxy, startLossyProxy } from '../lossy-proxy.ts';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, signToken, type User } from '../user.ts';

jest.setTimeout(120_000);

/** `SEED=…` repeats a run. */
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));

let stack: Stack;
let proxy: LossyProxy;
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  stack = await startStack();
  report(`SEED=${SEED}`);
  const chance = createRandom(SEED).next;
  const later = () => (chance() < 0.5 ? 0 : Math.floor(chance() * 500));
  proxy = await startLossyProxy(stack.callService.url, () => {
    const kind = chance();
    if (kind < 0.2) return [];
    return kind < 0.4 ? [later(), later()] : [later()];
  });
});

afterAll(async () => {
  for (const one of open) await one.close();
  await closeMedia();
  await proxy?.close();
  await stack?.stop();
});

/** A user whose SDK is behind the proxy, and an account that asks the service directly. */
async function behindTheProxy(id: string): Promise<{ sdk: Ringline; user: User }> {
  const user = await createUser(stack, id);
  const sdk = createRingline({ url: proxy.url, token: user.token, media: false });
  open.push(sdk);
  await sdk.connect();
  return { sdk, user };
}

async function sit(user: User, callId: string): Promise<void> {
  const seat: Attendance = await attendRoom(await user.mediaToken(callId));
  open.push({ close: seat.leave });
}

test('SDKs agree with the service though events are lost, doubled and reordered', async () => {
  const [ann, ben, cleo] = await Promise.all(['ann', 'ben', 'cleo'].map(behindTheProxy));
  if (!ann || !ben || !cleo) throw new Error('three people are needed');
  const started = await ann.sdk.start({ type: 'audio', participantIds: ['ben', 'cleo'] });
  const { id } = started;
  const rings = async ({ sdk }: typeof ben) => until('it rings', () => sdk.call(id));
  const calls: RinglineCall[] = [started, await rings(ben), await rings(cleo)];
  const [ofAnn, ofBen, ofCleo] = calls as [RinglineCall, RinglineCall, RinglineCall];

  await ofBen.accept();
  await Promise.all([sit(ann.user, id), sit(ben.user, id)]);
  await ofCleo.accept();
  await sit(cleo.user, id);
  for (let times = 0; times < 10; times += 1) {
    const on = times % 2 === 0;
    await Promise.all([ofAnn.setCamera(on), ofBen.setMicrophone(on), ofCleo.setCamera(!on)]);
    if (times === 5) await ofAnn.makeHost('ben');
  }
  const begin = performance.now();
  await allAgree();
  report(`the last act, to all three SDKs agreeing: ${Math.round(performance.now() - begin)} ms`);

  await ofCleo.leave();
  await allAgree(ofAnn, ofBen);
  await ofBen.end();
  await allAgree(ofAnn, ofBen);
  expect(calls.map(({ stage }) => stage)).toEqual(['over', 'over', 'over']);
  expect(ofAnn.snapshot.endReason).toBe('host_ended');

  /** Waits until the SDKs have exactly the service's call, including acts in progress. */
  async function allAgree(...those: RinglineCall[]): Promise<void> {
    const agreeing = those.length > 0 ? those : calls;
    await until(
      'all have the same call as the service',
      async () => {
        const call = JSON.stringify(await ann?.user.call(id));
        return agreeing.every(({ snapshot }) => JSON.stringify(snapshot) === call);
      },
      30_000,
    );
  }
});

test('a socket outlives its tokens if the host app provides new ones', async () => {
  const states: string[] = [];
  let given = 0;
  const eva = createRingline({
    url: stack.callService.url,
    media: false,
    getToken: () => {
      given += 1;
      return signToken(stack, 'eva', '4s');
    },
  });
  open.push(eva);
  eva.on('connection', (state) => states.push(state));
  await eva.connect();
  const finn = await createUser(stack, 'finn');
  const { call } = await finn.start({ type: 'audio', participantIds: ['eva'] });
  await until('the fourth token', () => given >= 4);
  expect(states).toEqual(['connecting', 'connected']);
  await finn.end(call.id);
  await until('Eva hears of it', () => eva.calls.length === 0);
  expect(states).toEqual(['connecting', 'connected']);
});

test('a socket is closed when its token expires', async () => {
  const [states, codes]: [string[], string[]] = [[], []];
  const token = await signToken(stack, 'gia', '2s');
  const gia = createRingline({
    url: stack.callService.url,
    media: false,
    token,
    logger: silentLogger,
  });
  open.push(gia);
  gia.on('connection', (state) => states.push(state));
  gia.on('error', ({ code }) => codes.push(code));
  await gia.connect();
  await until('it is closed', () => gia.connection === 'closed');
  const expiry = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp;
  report(`expiry of the token, to the SDK giving up: ${Date.now() - expiry * 1000} ms`);
  expect(Date.now()).toBeGreaterThanOrEqual(expiry * 1000);
  expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'closed']);
  expect(codes).toEqual(['UNAUTHENTICATED']);
});
