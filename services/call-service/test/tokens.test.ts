import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BASE_PATH } from '@ringline/contract';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { type Replica, type Stack, startStack } from './stack.ts';
import { signToken } from './tokens.ts';
import { checkAnswer } from './user.ts';

type Claims = Record<string, unknown>;

const AUDIENCE = 'calls';
const ISSUER = 'https://app.example';
const OLD_SECRET = 'the secret that is being rotated out-32+';

let stack: Stack;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let jwks: Server;

const bytes = (text: string) => new TextEncoder().encode(text);
const now = () => Math.floor(Date.now() / 1000);
const good = (): Claims => ({ sub: 'ann', exp: now() + 60, aud: AUDIENCE, iss: ISSUER });
const signed = (claims: Claims, { alg = 'HS256', key = bytes(stack.secret) as unknown } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg, kid: 'k1' }).sign(key as CryptoKey);

const serve = async (answer: () => object | null): Promise<Server> => {
  const server = createServer((_request, response) => {
    const body = answer();
    response.statusCode = body === null ? 500 : 200;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
const urlOf = (server: Server) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  jwks = await serve(() => ({ keys: [jwk] }));
  stack = await startStack({
    env: { AUTH_JWT_AUDIENCE: AUDIENCE, AUTH_JWT_ISSUER: ISSUER, AUTH_JWKS_URL: urlOf(jwks) },
  });
});
afterAll(async () => {
  await stack.close();
  jwks.close();
});

const ask = async (authorization: string | null, on: Replica = stack.replicas[0]) => {
  const asked = request(on.url).get(`${BASE_PATH}/calls/active`);
  if (authorization !== null) asked.set('Authorization', authorization);
  const answer = await asked;
  checkAnswer('get', '/calls/active', answer);
  return answer;
};

describe('a good token', () => {
  const rotating = async (secret: string) => {
    const on = await stack.startReplica({ AUTH_JWT_SECRET: `${stack.secret},${OLD_SECRET}` });
    return (await ask(`Bearer ${await signed(good(), { key: bytes(secret) })}`, on)).status;
  };

  test.each<[string, () => Promise<string>]>([
    ['signed with the secret', () => signed(good())],
    ['signed with a key of the JWKS', () => signed(good(), { alg: 'RS256', key: keys.privateKey })],
    ['for several audiences', () => signed({ ...good(), aud: ['other', AUDIENCE] })],
    ['of a clock that is a little ahead', () => signed({ ...good(), nbf: now() + 3 })],
    ['with every character that a user id may have', () => signed({ ...good(), sub: 'A1._:@|+-' })],
    ['with a name and a picture', () => signed({ ...good(), name: 'Änn', picture: 'https://x' })],
  ])('%s is believed', async (_what, sign) => {
    expect((await ask(`Bearer ${await sign()}`)).status).toBe(200);
    expect((await ask(`bearer ${await sign()}`)).status).toBe(200);
  });

  test('is believed with each secret while they rotate', async () => {
    expect(await rotating(stack.secret)).toBe(200);
    expect(await rotating(OLD_SECRET)).toBe(200);
    expect(await rotating('a secret that nobody has ever configured')).toBe(401);
  });
});

const bad: [string, () => Promise<string> | string][] = [
  ['that expired', () => signed({ ...good(), exp: now() - 1 })],
  ['that never expires', () => signed({ ...good(), exp: undefined })],
  ['that is not valid yet', () => signed({ ...good(), nbf: now() + 60 })],
  ['with another secret', () => signed(good(), { key: bytes(`${stack.secret}x`) })],
  ['for nobody', () => signed({ ...good(), sub: undefined })],
  ['for an empty id', () => signed({ ...good(), sub: '' })],
  ['for an id with a space', () => signed({ ...good(), sub: 'ann lee' })],
  ['for an id with a slash', () => signed({ ...good(), sub: 'a/b' })],
  ['for an id that begins with a dot', () => signed({ ...good(), sub: '.ann' })],
  ['for an id that is too long', () => signed({ ...good(), sub: 'a'.repeat(129) })],
  ['for an id that is a number', () => signed({ ...good(), sub: 7 })],
  ['for another audience', () => signed({ ...good(), aud: 'other' })],
  ['for no audience', () => signed({ ...good(), aud: undefined })],
  ['of another issuer', () => signed({ ...good(), iss: 'https://evil.example' })],
  ['of no issuer', () => signed({ ...good(), iss: undefined })],
  ['with a scope that does not exist', () => signed({ ...good(), scope: 'root' })],
  ['with several scopes', () => signed({ ...good(), scope: ['user', 'admin'] })],
  ['with a name that is no text', () => signed({ ...good(), name: 7 })],
  ['with a name that holds NUL', () => signed({ ...good(), name: 'a\0b' })],
  ['with a name that is too long', () => signed({ ...good(), name: 'a'.repeat(129) })],
  ['by HS512', () => signed(good(), { alg: 'HS512', key: bytes(stack.secret.repeat(2)) })],
  ['without a signature', () => new UnsecuredJWT(good()).encode()],
  [
    'by a public key that is taken for a secret',
    async () => signed(good(), { key: bytes(await exportSPKI(keys.publicKey)) }),
  ],
  [
    'by RS256 with a key that is not in the JWKS',
    async () => signed(good(), { alg: 'RS256', key: (await generateKeyPair('RS256')).privateKey }),
  ],
  ['cut short', async () => (await signed(good())).slice(0, -2)],
  [
    'with its signature taken off',
    async () => `${(await signed(good())).split('.', 2).join('.')}.`,
  ],
  [
    'with claims of somebody else',
    async () => {
      const [header, , signature] = (await signed(good())).split('.');
      const claims = Buffer.from(JSON.stringify({ ...good(), sub: 'ben' })).toString('base64url');
      return `${header}.${claims}.${signature}`;
    },
  ],
  ['that is far too long', () => signed({ ...good(), more: 'x'.repeat(9000) })],
  ['that is none', () => 'x'],
  ['of three empty parts', () => '..'],
];

describe.each(bad)('a token %s', (_what, make) => {
  test('is not believed, by REST or by a socket, and says no reason', async () => {
    const token = await make();
    const before = await stack.contents();
    const { status, body, headers } = await ask(`Bearer ${token}`);
    expect({ status, body, asks: headers['www-authenticate'] }).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED', detail: 'A valid token is needed.' },
      asks: 'Bearer',
    });
    const connecting = connectDevice(stack.replicas[0].url, { token });
    await expect(connecting).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    expect(await stack.contents()).toEqual(before);
  });
});

test.each([
  ['none', null],
  ['an empty one', ''],
  ['a name and a password', 'Basic YW5uOnNlY3JldA=='],
  ['the scheme alone', 'Bearer '],
  ['two tokens', 'Bearer a b'],
])('no authorization: %s', async (_what, header) => {
  const { status, body } = await ask(header);
  expect({ status, code: body.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
});

test('while the keys cannot be fetched, the service says so, and believes what it can', async () => {
  const broken = await serve(() => null);
  const on = await stack.startReplica({ AUTH_JWKS_URL: urlOf(broken) });
  const byKey = await ask(
    `Bearer ${await signed(good(), { alg: 'RS256', key: keys.privateKey })}`,
    on,
  );
  expect([byKey.status, byKey.body.code]).toEqual([503, 'UNAVAILABLE']);
  const bySecret = await ask(`Bearer ${await signToken(stack.secret, good())}`, on);
  expect(bySecret.status).toBe(200);
  broken.close();
});
