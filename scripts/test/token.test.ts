import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { jwtVerify } from 'jose';

const SECRET = 'a development secret of 32 bytes';
const SCRIPT = join(import.meta.dirname, '..', 'token.ts');

function token(args: string[], env: Record<string, string> = { AUTH_JWT_SECRET: SECRET }) {
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, [SCRIPT, ...args], options);
}

function verify(text: string, options = {}) {
  return jwtVerify(text.trim(), new TextEncoder().encode(SECRET), options);
}

describe('npm run token', () => {
  it('prints a token of the user that lives an hour, and nothing else', async () => {
    const { stdout } = token(['ann']);
    const { payload } = await verify(stdout);
    expect(payload).toEqual({
      sub: 'ann',
      scope: 'user',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 3600,
    });
  });

  it('takes the scope, the lifetime and the name', async () => {
    const { stdout } = token(['ann', '--scope', 'service', '--ttl', '2m', '--name', 'Ann Lee']);
    const { payload } = await verify(stdout);
    expect(payload).toMatchObject({ scope: 'service', name: 'Ann Lee' });
    expect(payload.exp).toBe((payload.iat ?? 0) + 120);
  });

  it('signs with the first secret while they are rotated, for the issuer and audience in force', async () => {
    const { stdout } = token(['ann'], {
      AUTH_JWT_SECRET: `${SECRET},the old one`,
      AUTH_JWT_ISSUER: 'host',
      AUTH_JWT_AUDIENCE: 'ringline',
    });
    await expect(verify(stdout, { issuer: 'host', audience: 'ringline' })).resolves.toBeDefined();
  });

  it.each([
    ['no user', [], 'exactly one user id is needed'],
    ['two users', ['ann', 'bob'], 'exactly one user id is needed'],
    ['what is no user id', ['ann lee'], 'sub: contains white space'],
    ['an unknown scope', ['ann', '--scope', 'root'], 'scope: Invalid option'],
    ['an unknown option', ['ann', '--admin'], "Unknown option '--admin'"],
    ['a lifetime that is none', ['ann', '--ttl', 'long'], 'Invalid time period'],
  ])('refuses %s in one line', (_what, args, message) => {
    const { status, stderr, stdout } = token(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^.+\nUsage: npm run -s token .+\n$/);
  });

  it('says what to do when there is no secret yet', () => {
    expect(token(['ann'], { AUTH_JWT_SECRET: '' }).stderr).toContain('run npm start first');
  });
});
