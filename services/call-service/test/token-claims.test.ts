import type { Call } from '@ringline/contract';
import { connectDevice } from './device.ts';
import { setUpStack } from './fixture.ts';
import { signToken } from './tokens.ts';
import { createUser } from './user.ts';

/*
 * Tokens with claims as identity providers fill them in.
 */

const stack = setUpStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });

describe('a token with', () => {
  const seventyEmoji = '🎈'.repeat(70);
  const family = '👩‍👩‍👧';
  let made = 0;

  /** How the other participants see the user of a token with these claims. */
  const shown = async (claims: Record<string, unknown>) => {
    made += 1;
    const [user, callee] = await Promise.all([
      createUser(stack, `shown-${made}`, claims),
      createUser(stack, `looks-${made}`),
    ]);
    const device = await user.connect();
    const callId = await user.call(callee);
    const { call } = (await callee.ask('get', `/calls/${callId}`)).body as { call: Call };
    device.close();
    return {
      name: call.participants[0]?.name,
      picture: call.participants[0]?.picture,
      id: user.id,
    };
  };
  const notes = (id: string) =>
    stack
      .log()
      .split('\n')
      .filter((line) => line.includes('not shown as it came') && line.includes(`"${id}"`))
      .map((line) => JSON.parse(line));

  test.each<[string, unknown, string | null, string | null]>([
    ['null', null, null, null],
    ['nothing', '', null, 'is empty'],
    ['blanks', '  ', null, 'is empty'],
    ['a number', 7, null, 'is not a string'],
    ['an object', { given: 'Ann' }, null, 'is not a string'],
    ['NUL in it', 'a\0b', null, 'contains characters that cannot be stored'],
    ['half a character in it', 'a\ud83d', null, 'contains characters that cannot be stored'],
    ['129 letters', 'a'.repeat(129), 'a'.repeat(128), 'is too long, and was cut'],
    ['70 emoji', seventyEmoji, '🎈'.repeat(64), 'is too long, and was cut'],
    ['families of emoji', family.repeat(20), family.repeat(16), 'is too long, and was cut'],
    ['one endless character', `e${'\u0301'.repeat(200)}`, null, 'is too long'],
    [
      'a skin tone at the border',
      `${'a'.repeat(126)}👍🏽`,
      'a'.repeat(126),
      'is too long, and was cut',
    ],
    ['128 letters', 'b'.repeat(128), 'b'.repeat(128), null],
  ])(
    'a name of %s is accepted, and its fault is logged once',
    async (_what, name, wanted, fault) => {
      const { name: shownValue, id } = await shown({ name });
      expect(shownValue).toBe(wanted);
      expect(notes(id)).toEqual(
        fault === null ? [] : [expect.objectContaining({ level: 'debug', what: 'name', fault })],
      );
    },
  );

  test.each<[string, unknown, boolean]>([
    ['null', null, false],
    ['nothing', '', false],
    ['2,049 characters', `https://a.example/${'a'.repeat(2031)}`, false],
    ['2,048 characters', `https://a.example/${'a'.repeat(2030)}`, true],
    ['a data URL', 'data:image/png;base64,iVBORw0KGgo=', false],
    ['a data URL in capitals', ' DATA:image/png;base64,iVBORw0KGgo=', false],
    ['a number', 7, false],
    ['a relative address', '/avatars/ann.png', true],
  ])('a picture of %s is accepted: shown %#', async (_what, picture, isShown) => {
    const { picture: shownValue } = await shown({ picture });
    expect(shownValue).toBe(isShown ? picture : null);
  });

  test.each([['root'], ['openid profile email'], [['user', 'admin']], [7], [''], [null]])(
    'the scope %j is accepted, but makes no operator',
    async (scope) => {
      const user = await createUser(stack, 'ann-of-scopes', { scope });
      expect((await user.ask('get', '/calls/active')).status).toBe(200);
      expect((await user.ask('get', '/calls')).status).toBe(403);
    },
  );
});

test('a socket whose token has a fractional exp is closed at that time, and not before', async () => {
  const exp = Date.now() / 1000 + 1.5;
  const token = await signToken(stack.secret, { sub: 'ann-of-fractions', exp });
  const device = await connectDevice(stack.replicas[0].url, { token });
  await new Promise((resolve) => device.socket.on('disconnect', resolve));
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
});
