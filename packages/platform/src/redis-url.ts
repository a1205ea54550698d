export interface RedisAddress {
  nodes: { host: string; port: number }[];
  /**
   * True for several nodes, or for one followed by a comma. The cluster reports its other nodes.
   */
  cluster: boolean;
  tls: boolean;
  username: string | null;
  password: string | null;
  database: number;
}

const DEFAULT_PORT = 6379;

/**
 * Parses `redis://user:password@host:port/0`, `rediss` for TLS, and `redis://a,b:7001,c` for a
 * cluster. Returns null for any other text, and for a cluster with a database, since clusters have
 * only one.
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
  // A URL has brackets around an IPv6 address; a socket needs it without.
  return hostname === ''
    ? null
    : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || DEFAULT_PORT) };
}

/** Decodes the user or password of a URL. A percent sign that encodes nothing is kept. */
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
