import { decodeUserinfo, parseRedisUrl } from '../redis-url.ts';

const MIN_SECRET_BYTES = 32;

/** The topics with secrets. Which of them exist depends on the service. */
interface ConfigWithSecrets {
  database: { url: string };
  redis: { url: string };
  livekit?: { apiKey: string; apiSecret: string };
  auth?: { secrets: string[]; audience: string | null };
  turn?: { secret: string | null };
}

interface Secret {
  variable: string;
  value: string;
}

/** The settings that are allowed in development only, as sentences that name the variable. */
export function productionFaults(config: ConfigWithSecrets): string[] {
  const secrets = listSecrets(config);
  const faults = secrets
    .filter(({ value }) => Buffer.byteLength(value) < MIN_SECRET_BYTES)
    .map(({ variable }) => `${variable} is shorter than ${MIN_SECRET_BYTES} bytes`);
  if (config.livekit?.apiKey === 'devkey')
    faults.push("LIVEKIT_API_KEY is LiveKit's development key");
  if (config.auth?.audience === null) faults.push('AUTH_JWT_AUDIENCE is missing');
  return [...faults, ...sharedSecrets([...secrets, ...listPasswords(config)])];
}

function listSecrets({ livekit, auth, turn }: ConfigWithSecrets): Secret[] {
  const secrets = (auth?.secrets ?? []).map((value) => ({ variable: 'AUTH_JWT_SECRET', value }));
  if (livekit) secrets.push({ variable: 'LIVEKIT_API_SECRET', value: livekit.apiSecret });
  if (turn?.secret) secrets.push({ variable: 'TURN_SECRET', value: turn.secret });
  return secrets;
}

/** Passwords may be short, since they cannot be guessed offline, but must not be reused either. */
function listPasswords({ database, redis }: ConfigWithSecrets): Secret[] {
  return [
    { variable: 'DATABASE_URL', value: decodeUserinfo(new URL(database.url).password) ?? '' },
    { variable: 'REDIS_URL', value: parseRedisUrl(redis.url)?.password ?? '' },
  ].filter(({ value }) => value !== '');
}

function sharedSecrets(secrets: Secret[]): string[] {
  return [...Map.groupBy(secrets, ({ value }) => value).values()]
    .map((users) => [...new Set(users.map(({ variable }) => variable))])
    .filter((variables) => variables.length > 1)
    .map((variables) => `${variables.join(' and ')} have the same value`);
}
