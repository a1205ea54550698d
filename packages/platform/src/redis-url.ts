export interface RedisAddress {
  nodes: { host: string; port: number }[];
  /** Several nodes, or one followed by a comma: they are members of a Redis Cluster, and it tells the others. */
  cluster: boolean;
  tls: boolean;
  username: string | null;
  password: string | null;
  database: number;
}

const DEFAULT_PORT = 6379;

/**
 * Reads `redis://user:password@host:port/0`, also with `rediss` for TLS, and `redis://a,b:7001,c` of a cluster.
 * Returns null where the text is no such URL, or names a database of a cluster, which has only one.
 */
export function parseRedisUrl(text: string): RedisAddress | null {
  const match = /^(rediss?):\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(\d*))?$/.exec(text.trim());
  if (!match) return null;
  const [, scheme, credentials = '', hosts = '', database = ''] = match;
  const nodes = hosts
    .split(',')
    .filter((host) => host !== '')
    .map(parseNode);
  const cluster = hosts.includes(',');
  if (nodes.length === 0 || !nodes.every((node) => node !== null)) return null;
  if (cluster && Number(database) !== 0) return null;
  const [username, password] = credentials.split(/:(.*)/s);
  return {
    nodes,
    cluster,
    tls: scheme === 'rediss',
    username: decodeUserinfo(username),
    password: decodeUserinfo(password),
    database: Number(database),
  };
}

function parseNode(text: string): { host: string; port: number } | null {
  if (!URL.canParse(`redis://${text}`)) return null;
  const { hostname, port } = new URL(`redis://${text}`);
  // A URL keeps an IPv6 address in brackets; a socket wants it without.
  return hostname === ''
    ? null
    : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || DEFAULT_PORT) };
}

/** The user or password of a URL in plain. A stray percent sign, which a password may well hold, is taken as it stands. */
export function decodeUserinfo(text: string | undefined): string | null {
  if (!text) return null;
  return text.replace(/(%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
