// npm run -s token -- <userId> [--scope service] [--ttl 1h] [--name Ann]
// Prints a JWT that the development stack takes.
import { parseArgs } from 'node:util';
import { claims } from '@ringline/contract';
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
  const [userId, ...more] = positionals;
  if (userId === undefined || more.length > 0) throw new Error('exactly one user id is needed');
  const { ttl, scope, name } = values;
  const { data, error } = claims.omit({ exp: true }).safeParse({ sub: userId, scope, name });
  if (error)
    throw new Error(error.issues.map(({ path, message }) => `${path}: ${message}`).join(', '));
  return { ...data, ttl };
}

async function sign({ sub, ttl, ...rest }: ReturnType<typeof readArguments>) {
  const env = { ...readDevEnv(), ...process.env };
  const secret = env.AUTH_JWT_SECRET?.split(',')[0];
  if (!secret) throw new Error('there is no AUTH_JWT_SECRET yet: run npm start first');

  const token = new SignJWT(rest)
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
