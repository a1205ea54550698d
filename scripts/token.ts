// npm run -s token -- <userId> [--scope service] [--ttl 1h] [--name Ann]
// Prints a JWT that the development stack accepts.
import { parseArgs } from 'node:util';
import { scopes, userIdFault } from '@ringline/contract';
import { SignJWT } from 'jose';
import { readDevEnv } from './stack/dev-env.ts';

const USAGE = 'npm run -s token -- <userId> [--scope user|service|admin] [--ttl 1h] [--name Ann]';

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scope: { type: 'string', default: 'user' },
      ttl: { type: 'string', default: '1h' },
      name: { type: 'string' },
    },
  });
  const [sub, ...more] = positionals;
  if (sub === undefined || more.length > 0) throw new Error('exactly one user id is needed');
  const { ttl, scope, name } = values;
  const fault = userIdFault(sub);
  if (fault !== null) throw new Error(`sub: ${fault}`);
  if (!scopes.some((one) => one === scope))
    throw new Error(`scope: Invalid option, it must be one of ${scopes.join(', ')}`);
  return { sub, ttl, scope, name };
}

async function sign({ sub, ttl, scope, name }: ReturnType<typeof readArguments>) {
  const env = { ...readDevEnv(), ...process.env };
  const secret = env.AUTH_JWT_SECRET?.split(',')[0];
  if (!secret) throw new Error('there is no AUTH_JWT_SECRET yet: run npm start first');

  const roleClaim = env.AUTH_ROLE_CLAIM || (env.AUTH_JWKS_URL ? 'ringline_role' : 'scope');
  const token = new SignJWT({ [roleClaim]: scope, ...(name !== undefined && { name }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(ttl);
  if (env.AUTH_JWT_ISSUER) token.setIssuer(env.AUTH_JWT_ISSUER);
  if (env.AUTH_JWT_AUDIENCE) token.setAudience(env.AUTH_JWT_AUDIENCE);
  return token.sign(new TextEncoder().encode(secret));
}

try {
  console.log(await sign(readArguments()));
} catch (error) {
  console.error(`${(error as Error).message}\nUsage: ${USAGE}`);
  process.exitCode = 1;
}
