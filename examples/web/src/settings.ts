/** From the environment, with the names that Ringline's own services use. */
export interface Settings {
  host: string;
  port: number;
  /** The call service, as browsers see it. */
  ringlineUrl: string;
  jwt: { secret: string; issuer: string | null; audience: string | null };
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const needed = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is missing.`);
    return value;
  };
  const port = Number(env.EXAMPLE_WEB_PORT ?? 3100);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error('EXAMPLE_WEB_PORT is not a port.');
  }
  // The first of several secrets signs. The call service still accepts the others.
  const [secret = ''] = needed('AUTH_JWT_SECRET').split(',');
  return {
    host: env.HOST ?? '127.0.0.1',
    port,
    ringlineUrl: needed('RINGLINE_URL'),
    jwt: {
      secret,
      issuer: env.AUTH_JWT_ISSUER || null,
      audience: env.AUTH_JWT_AUDIENCE || null,
    },
  };
}
