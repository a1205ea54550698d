import { BASE_PATH } from '@ringline/contract';
import { until } from '@ringline/testing/until';
import request from 'supertest';
import { setUpStack } from './fixture.ts';
import { createSigningKey, type Jwks, type SigningKey, serveJwks } from './jwks.ts';
import type { Replica } from './stack.ts';
import { signToken } from './tokens.ts';
import { checkAnswer } from './user.ts';

const ELEVEN_MINUTES_MS = 660_000;

let key: SigningKey;
let forger: SigningKey;
const served: Jwks[] = [];

const stack = setUpStack();
afterAll(() => {
  for (const jwks of served) jwks.close();
});

beforeAll(async () => {
  [key, forger] = await Promise.all([createSigningKey('k1'), createSigningKey('k1')]);
});
const realNow = Date.now;
afterEach(() => {
  Date.now = realNow;
});

/** A call service that fetches keys from this address. */
async function startWith(
  keys: Parameters<typeof serveJwks>[0],
  env: Record<string, string> = {},
): Promise<{ jwks: Jwks; replica: Replica }> {
  const jwks = await serveJwks(keys);
  served.push(jwks);
  const replica = await stack.startReplica({ AUTH_JWKS_URL: jwks.url, ...env });
  return { jwks, replica };
}

/** Moves the clock of this process, in which the call service runs. */
function moveClock(milliseconds: number): void {
  Date.now = () => realNow() + milliseconds;
}

async function ask({ url }: Replica, token: string, path = '/calls/active') {
  const answer = await request(`${url}${BASE_PATH}`).get(path).auth(token, { type: 'bearer' });
  checkAnswer('get', path, answer);
  return answer;
}
async function statusOf(replica: Replica, token: string) {
  return (await ask(replica, token)).status;
}

async function ageOf({ metrics }: Replica) {
  return (await metrics.jwksAge.get()).values[0]?.value ?? Number.NaN;
}
function lines(text: string) {
  return stack
    .log()
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => JSON.parse(line));
}

describe('while AUTH_JWKS_URL does not answer', () => {
  test('known keys stay valid for more than eleven minutes, and forged tokens are refused', async () => {
    const { jwks, replica } = await startWith([key.jwk]);
    expect(await statusOf(replica, await key.sign({ sub: 'ann' }))).toBe(200);
    expect(await ageOf(replica)).toBeLessThan(60);
    jwks.answer(null);
    const before = jwks.asked();
    moveClock(ELEVEN_MINUTES_MS);

    expect(await statusOf(replica, await key.sign({ sub: 'ann' }))).toBe(200);
    const forged = await ask(replica, await forger.sign({ sub: 'ann' }));
    expect(forged.body).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: expect.stringContaining('signature matches no key'),
    });
    expect(jwks.asked()).toBeGreaterThan(before);

    await until('the age of the keys is reported', async () => (await ageOf(replica)) > 650);
    await until('another try', async () => jwks.asked() > before + 1);
    const warnings = lines('keys of AUTH_JWKS_URL cannot be fetched').filter(
      ({ level }) => level === 'warn',
    );
    expect(warnings).toHaveLength(1);
  });

  test('a token by an unknown key is refused, and the reason names the outage', async () => {
    const { jwks, replica } = await startWith([key.jwk]);
    expect(await statusOf(replica, await key.sign({ sub: 'ann' }))).toBe(200);
    jwks.answer(null);
    moveClock(ELEVEN_MINUTES_MS);
    const other = await createSigningKey('k2');
    expect((await ask(replica, await other.sign({ sub: 'ann' }))).body).toMatchObject({
      status: 401,
      detail:
        "The token's kid and alg match no known key, and AUTH_JWKS_URL does not answer at the moment.",
    });

    jwks.answer([key.jwk, other.jwk]);
    const token = await other.sign({ sub: 'ann' });
    await until('the new key', async () => (await statusOf(replica, token)) === 200);
    expect(lines('are fetched again')).toHaveLength(1);
    expect(await ageOf(replica)).toBeLessThan(60);
  });

  test('tokens by its keys get 503 before its first answer, and tokens by the secret are accepted', async () => {
    const { jwks, replica } = await startWith(null, { AUTH_ROLE_CLAIM: 'scope' });
    const answer = await ask(replica, await key.sign({ sub: 'ann' }));
    expect(answer.body).toMatchObject({
      status: 503,
      code: 'UNAVAILABLE',
      detail: 'The keys of AUTH_JWKS_URL cannot be fetched.',
    });
    expect(await statusOf(replica, await signToken(stack.secret, { sub: 'ann' }))).toBe(200);

    jwks.answer([key.jwk]);
    const token = await key.sign({ sub: 'ann' });
    await until('the keys', async () => (await statusOf(replica, token)) === 200);
  });
});

test('a flood of tokens by unknown keys fetches the keys once in five seconds', async () => {
  const { jwks, replica } = await startWith([key.jwk]);
  expect(await statusOf(replica, await key.sign({ sub: 'ann' }))).toBe(200);
  const before = jwks.asked();
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, nth) => forger.sign({ sub: 'ann' }, { kid: `x${nth}` })),
  );
  for (const token of tokens) expect(await statusOf(replica, token)).toBe(401);
  expect(jwks.asked() - before).toBeLessThanOrEqual(2);
});

test('a token without a key id is checked with all keys that fit', async () => {
  const second = await createSigningKey('k2');
  const { replica } = await startWith([key.jwk, second.jwk]);
  for (const signer of [key, second]) {
    expect(await statusOf(replica, await signer.sign({ sub: 'ann' }, {}))).toBe(200);
  }
  expect(await statusOf(replica, await forger.sign({ sub: 'ann' }, {}))).toBe(401);
});

describe('the role of a token', () => {
  const isOperator = async (replica: Replica, claims: Record<string, unknown>) => {
    const { status } = await ask(replica, await key.sign({ sub: 'ann', ...claims }), '/calls');
    expect([200, 403]).toContain(status);
    return status === 200;
  };

  test('ignores the scopes of an identity provider', async () => {
    const { replica } = await startWith([key.jwk]);
    for (const scope of ['openid profile email', 'admin', 'service', ['admin'], 7, null, '']) {
      expect(await isOperator(replica, { scope })).toBe(false);
    }
    expect(await isOperator(replica, { ringline_role: 'admin' })).toBe(true);
    expect(await isOperator(replica, { ringline_role: 'service' })).toBe(true);
    for (const role of ['Admin', 'admin service', ['admin'], { admin: true }, true]) {
      expect(await isOperator(replica, { ringline_role: role })).toBe(false);
    }
  });

  test('comes from the claim in AUTH_ROLE_CLAIM', async () => {
    const claim = 'https://app.example/role';
    const { replica } = await startWith([key.jwk], { AUTH_ROLE_CLAIM: claim });
    expect(await isOperator(replica, { [claim]: 'admin' })).toBe(true);
    expect(await isOperator(replica, { ringline_role: 'admin', scope: 'admin' })).toBe(false);
  });
});
