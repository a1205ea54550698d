import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BASE_PATH, type SocketError, socketError } from '@ringline/contract';
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { setUp } from './fixture.ts';
import { type Replica, startStack } from './stack.ts';
import { checkAnswer } from './user.ts';

type Claims = Record<string, unknown>;

const AUDIENCE = 'calls';
const ISSUER = 'https://app.example';
const OLD_SECRET = 'the secret that is being rotated out-32+';

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let jwks: Server;

function bytes(text: string) {
  return new TextEncoder().encode(text);
}
function now() {
  return Math.floor(Date.now() / 1000);
}
function good(): Claims {
  return { sub: 'ann', exp: now() + 60, aud: AUDIENCE, iss: ISSUER };
}
function signed(
  claims: Claims,
  { alg = 'HS256', key = bytes(stack.secret) as unknown, kid = 'k1' } = {},
) {
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key as CryptoKey);
}

async function serve(answer: () => object | null): Promise<Server> {
  const server = createServer((_request, response) => {
    const body = answer();
    response.statusCode = body === null ? 500 : 200;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
function urlOf(server: Server) {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
}

const stack = setUp(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  jwks = await serve(() => ({ keys: [jwk] }));
  return startStack({
    env: { AUTH_JWT_AUDIENCE: AUDIENCE, AUTH_JWT_ISSUER: ISSUER, AUTH_JWKS_URL: urlOf(jwks) },
  });
});
afterAll(() => {
  jwks.close();
});

async function ask(authorization: string | null, on: Replica = stack.replicas[0]) {
  const asked = request(on.url).get(`${BASE_PATH}/calls/active`);
  if (authorization !== null) asked.set('Authorization', authorization);
  const answer = await asked;
  checkAnswer('get', '/calls/active', answer);
  return answer;
}

function refusalOfSocket(auth: Record<string, unknown>): Promise<SocketError> {
  return connectDevice(stack.replicas[0].url, auth).then(
    () => Promise.reject(new Error('connected')),
    ({ data }: { data: SocketError }) => data,
  );
}

function matching(reason: string | RegExp) {
  return reason instanceof RegExp ? expect.stringMatching(reason) : reason;
}

describe('a good token', () => {
  const rotating = async (secret: string) => {
    const on = await stack.startReplica({ AUTH_JWT_SECRET: `${stack.secret},${OLD_SECRET}` });
    return (await ask(`Bearer ${await signed(good(), { key: bytes(secret) })}`, on)).status;
  };

  test.each<[string, () => Promise<string>]>([
    ['signed with the secret', () => signed(good())],
    ['signed with a key of the JWKS', () => signed(good(), { alg: 'RS256', key: keys.privateKey })],
    ['for several audiences', () => signed({ ...good(), aud: ['other', AUDIENCE] })],
    ['by a clock that is a little ahead', () => signed({ ...good(), nbf: now() + 3 })],
    ['with a name and a picture', () => signed({ ...good(), name: 'Änn', picture: 'https://x' })],
    [
      'with fractional times',
      () => signed({ ...good(), exp: now() + 60.5, nbf: now() - 0.5, iat: now() - 0.25 }),
    ],
    ['with a lifetime of a month', () => signed({ ...good(), exp: now() + 31 * 24 * 3600 })],
    ['without the optional times', () => signed({ ...good(), nbf: null, iat: 'today' })],
  ])('%s is accepted', async (_what, sign) => {
    expect((await ask(`Bearer ${await sign()}`)).status).toBe(200);
    expect((await ask(`bearer ${await sign()}`)).status).toBe(200);
  });

  test('is accepted with each secret during a rotation', async () => {
    expect(await rotating(stack.secret)).toBe(200);
    expect(await rotating(OLD_SECRET)).toBe(200);
    expect(await rotating('a secret that nobody has ever configured')).toBe(401);
  });
});

const MONTH = 31 * 24 * 3600;
function forSub(rule: string) {
  return `The token's sub ${rule}.`;
}
function forExp(rule: string) {
  return `The token's exp ${rule}.`;
}
const NO_KEY_FITS = /^The token's signature matches no key of this service/;
const NO_JWT = /^The token is not a signed JWT/;
const OTHER_ALGORITHM =
  "The token's alg is not accepted. Accepted are: HS256 by AUTH_JWT_SECRET, or RS, PS, ES or EdDSA by AUTH_JWKS_URL.";

const bad: [string, string | RegExp, () => Promise<string> | string][] = [
  [
    'that expired',
    forExp('has passed: the token has expired'),
    () => signed({ ...good(), exp: now() - 1 }),
  ],
  [
    'that never expires',
    forExp('is missing; a token must expire'),
    () => signed({ ...good(), exp: undefined }),
  ],
  [
    'with a lifetime of more than a month',
    forExp('is more than 31 days from now'),
    () => signed({ ...good(), exp: now() + MONTH + 3600 }),
  ],
  [
    'with an exp in milliseconds',
    forExp('is in milliseconds; it must be in seconds since 1970'),
    () => signed({ ...good(), exp: Date.now() + 60_000 }),
  ],
  [
    'with an exp as text',
    forExp('is not a number of seconds since 1970'),
    () => signed({ ...good(), exp: String(now() + 60) }),
  ],
  [
    'that is not valid yet',
    "The token's nbf is in the future: the token is not valid yet.",
    () => signed({ ...good(), nbf: now() + 60 }),
  ],
  [
    'with an nbf in milliseconds',
    "The token's nbf is in milliseconds; it must be in seconds since 1970.",
    () => signed({ ...good(), nbf: Date.now() }),
  ],
  ['with another secret', NO_KEY_FITS, () => signed(good(), { key: bytes(`${stack.secret}x`) })],
  ['without a sub', forSub('is missing'), () => signed({ ...good(), sub: undefined })],
  ['for an empty id', forSub('is empty'), () => signed({ ...good(), sub: '' })],
  [
    'for an id with a space',
    forSub('contains white space'),
    () => signed({ ...good(), sub: 'ann lee' }),
  ],
  ['for an id with a slash', forSub('contains a slash'), () => signed({ ...good(), sub: 'a/b' })],
  [
    'for an id with a control character',
    forSub('contains a control character'),
    () => signed({ ...good(), sub: 'ann\u0007' }),
  ],
  [
    'for an id that is too long',
    forSub('is longer than 128 characters'),
    () => signed({ ...good(), sub: 'a'.repeat(129) }),
  ],
  ['for an id that is a number', forSub('is not a string'), () => signed({ ...good(), sub: 7 })],
  [
    'for another audience',
    "The token's aud is not the AUTH_JWT_AUDIENCE of this service.",
    () => signed({ ...good(), aud: 'other' }),
  ],
  [
    'without an audience',
    "The token's aud is missing.",
    () => signed({ ...good(), aud: undefined }),
  ],
  [
    'of another issuer',
    "The token's iss is not the AUTH_JWT_ISSUER of this service.",
    () => signed({ ...good(), iss: 'https://evil.example' }),
  ],
  ['without an issuer', "The token's iss is missing.", () => signed({ ...good(), iss: undefined })],
  [
    'by HS512',
    OTHER_ALGORITHM,
    () => signed(good(), { alg: 'HS512', key: bytes(stack.secret.repeat(2)) }),
  ],
  ['without a signature', OTHER_ALGORITHM, () => new UnsecuredJWT(good()).encode()],
  [
    'by a public key used as a secret',
    NO_KEY_FITS,
    async () => signed(good(), { key: bytes(await exportSPKI(keys.publicKey)) }),
  ],
  [
    'by RS256 with a key that is not in the JWKS',
    NO_KEY_FITS,
    async () => signed(good(), { alg: 'RS256', key: (await generateKeyPair('RS256')).privateKey }),
  ],
  [
    'by a key id that is not in the JWKS',
    "The token's kid and alg match no key of AUTH_JWKS_URL.",
    () => signed(good(), { alg: 'RS256', key: keys.privateKey, kid: 'k9' }),
  ],
  ['cut short', NO_JWT, async () => (await signed(good())).slice(0, -2)],
  [
    'without the last part',
    NO_KEY_FITS,
    async () => `${(await signed(good())).split('.', 2).join('.')}.`,
  ],
  [
    'with claims of another user',
    NO_KEY_FITS,
    async () => {
      const [header, , signature] = (await signed(good())).split('.');
      const claims = Buffer.from(JSON.stringify({ ...good(), sub: 'ben' })).toString('base64url');
      return `${header}.${claims}.${signature}`;
    },
  ],
  [
    'with a payload that is not an object',
    "The token's payload is not a JSON object.",
    () =>
      new CompactSign(bytes('["ann"]'))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(bytes(stack.secret)),
  ],
  [
    'above the maximum length',
    'The token is longer than 8192 characters.',
    () => signed({ ...good(), more: 'x'.repeat(9000) }),
  ],
  ['that is malformed', NO_JWT, () => 'x'],
  ['of three empty parts', NO_JWT, () => '..'],
];

describe.each(bad)('a token %s', (_what, reason, make) => {
  test('is refused by REST and by sockets, with a reason for the log and the client', async () => {
    const token = await make();
    const before = await stack.contents();
    const { status, body, headers } = await ask(`Bearer ${token}`);
    expect({ status, body, asks: headers['www-authenticate'] }).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED', detail: matching(reason) },
      asks: 'Bearer',
    });
    expect(stack.refusalOf(body.requestId)).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: body.detail,
    });
    const refusal = await refusalOfSocket({ token });
    expect(socketError.parse(refusal)).toEqual(refusal);
    expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED', message: body.detail });
    expect(stack.refusalOf(refusal.requestId)).toMatchObject({ reason: body.detail });
    expect(await stack.contents()).toEqual(before);
    expect(stack.log()).not.toContain(token.split('.')[2]?.slice(0, 20) || 'no signature');
  });
});

test.each([
  ['missing', null, 'is missing. It must be Bearer and a token'],
  ['empty', '', 'is not Bearer and one token'],
  ['a name and a password', 'Basic YW5uOnNlY3JldA==', 'is not Bearer and one token'],
  ['the scheme alone', 'Bearer ', 'is not Bearer and one token'],
  ['two tokens', 'Bearer a b', 'is not Bearer and one token'],
])('the Authorization header is refused: %s', async (_what, header, reason) => {
  const { status, body } = await ask(header);
  expect({ status, code: body.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
  expect(body.detail).toBe(`The header Authorization ${reason}.`);
  expect(stack.refusalOf(body.requestId)).toMatchObject({ reason: body.detail });
});

test.each([
  ['a token that is no text', { token: 7 }, 'UNAUTHENTICATED', /auth\.token/],
  ['nothing', null, 'UNAUTHENTICATED', /auth\.token/],
  [
    'a device id that is too long',
    { deviceId: 'x'.repeat(65) },
    'VALIDATION_FAILED',
    /longer than 64/,
  ],
])('a handshake with %s is refused with a reason', async (_what, auth, code, reason) => {
  const given =
    auth !== null && 'deviceId' in auth ? { ...auth, token: await signed(good()) } : auth;
  const refusal = await refusalOfSocket(given as Record<string, unknown>);
  expect(refusal).toMatchObject({ code, message: expect.stringMatching(reason) });
  expect(stack.refusalOf(refusal.requestId)).toMatchObject({ code, reason: refusal.message });
});
