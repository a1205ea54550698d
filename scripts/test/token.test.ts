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
  it('prints only a token of the user, which is valid for an hour', async () => {
    const { stdout } = token(['ann']);
    const { payload } = await verify(stdout);
    expect(payload).toEqual({
      sub: 'ann',
      scope: 'user',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 3600,
    });
  });

  it('accepts a scope, a lifetime and a name', async () => {
    const { stdout } = token(['ann', '--scope', 'service', '--ttl', '2m', '--name', 'Ann Lee']);
    const { payload } = await verify(stdout);
    expect(payload).toMatchObject({ scope: 'service', name: 'Ann Lee' });
    expect(payload.exp).toBe((payload.iat ?? 0) + 120);
  });

  it('signs with the first of several secrets, for the configured issuer and audience', async () => {
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
    ['an invalid user id', ['ann lee'], 'sub: contains white space'],
    ['an unknown scope', ['ann', '--scope', 'root'], 'scope: Invalid option'],
    ['an unknown option', ['ann', '--admin'], "Unknown option '--admin'"],
    ['an invalid lifetime', ['ann', '--ttl', 'long'], 'Invalid time period'],
  ])('refuses %s in one line', (_what, args, message) => {
    const { status, stderr, stdout } = token(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^.+\nUsage: npm run -s token .+\n$/);
  });

  it('tells to run npm start if there is no secret yet', () => {
    expect(token(['ann'], { AUTH_JWT_SECRET: '' }).stderr).toContain('run npm start first');
  });
});
