import { isIP } from 'node:net';
import { z } from 'zod';
import { parseOriginPattern } from './origins.ts';

/**
 * An environment variable that `read` turns into a value, or into `undefined` if the text is not
 * `what`. The messages never repeat the text, since it may contain a secret.
 */
function parser<T>(what: string, read: (text: string) => T | undefined) {
  return z.string({ error: 'is missing' }).transform((text, context): T => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${what}` });
    return z.NEVER;
  });
}

export const text = parser('text', (given) => given);

export function oneOf<const T extends string>(...choices: T[]) {
  return parser(`one of ${choices.join(', ')}`, (given) =>
    choices.find((choice) => choice === given),
  );
}

export function wholeNumber(from: number, to: number) {
  return parser(`a whole number from ${from} to ${to}`, (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    return value >= from && value <= to ? value : undefined;
  });
}

export const port = wholeNumber(0, 65_535);

/** The address of a server, without a trailing slash. */
export function serverUrl(...schemes: string[]) {
  const what = `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return parser(what, (given) => {
    if (!URL.canParse(given)) return undefined;
    const { protocol, hostname } = new URL(given);
    return hostname !== '' && schemes.includes(protocol.slice(0, -1))
      ? given.replace(/\/+$/, '')
      : undefined;
  });
}

/** A URL without a host means a Unix socket. */
export const postgresUrl = parser('a URL that begins with postgres://', (given) =>
  URL.canParse(given) && /^postgres(ql)?:\/\//.test(given) ? given : undefined,
);

/** A comma-separated list of at least one item. `read` must accept each. */
export function list<T>(what: string, read: (item: string) => T | undefined) {
  return parser(`a comma-separated list of ${what}`, (given) => {
    const items = splitAtCommas(given).map(read);
    return items.length > 0 && items.every((item) => item !== undefined) ? items : undefined;
  });
}

const ORIGINS =
  'be * or a comma-separated list of origins such as https://app.example.com, capacitor://localhost, ' +
  'https://*.example.com or null, each without a path';

/** The message names a wrong item by its position, since no message repeats the text. */
export const origins = z.string().transform((given, context): '*' | string[] => {
  const items = splitAtCommas(given);
  if (items.length === 1 && items[0] === '*') return '*';
  const patterns = items.map(parseOriginPattern);
  const wrong = patterns.indexOf(undefined);
  if (wrong === -1) return patterns.filter((pattern) => pattern !== undefined);
  context.addIssue({ code: 'custom', message: `must ${ORIGINS}; item ${wrong + 1} is not one` });
  return z.NEVER;
});

const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Express's `trust proxy`: false, the number of proxies, or their addresses. `true` is not allowed:
 * it would trust any address that a client claims, and rate limits are by address.
 */
export const proxies = parser(
  'false, a number of proxies, or a comma-separated list of addresses',
  (given): false | number | string[] | undefined => {
    if (given === 'false') return false;
    if (/^\d{1,2}$/.test(given)) return Number(given);
    const items = splitAtCommas(given);
    return items.every((item) => PROXY_RANGES.includes(item) || isAddressRange(item))
      ? items
      : undefined;
  },
);

/** ICE servers such as `turn:turn.example.com:3478?transport=udp`. */
export function iceUrls(scheme: 'stun' | 'turn') {
  const shape = new RegExp(`^${scheme}s?:[^\\s/?]+(\\?transport=(udp|tcp))?$`);
  return list(`${scheme}: or ${scheme}s: URLs`, (item) => (shape.test(item) ? item : undefined));
}

function splitAtCommas(given: string): string[] {
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isAddressRange(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}
