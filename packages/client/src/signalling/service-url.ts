import { RinglineError } from '../errors.ts';

function invalidUrl(why: string): RinglineError {
  return new RinglineError(
    'VALIDATION_FAILED',
    `The url ${why}. It is the origin of the call service, such as https://calls.example.com.`,
  );
}

/**
 * Returns the service's origin. Throws `VALIDATION_FAILED` at once for a URL that cannot be one.
 */
export function parseServiceOrigin(given: unknown): string {
  if (typeof given !== 'string' || given.trim() === '') throw invalidUrl('is missing');
  let url: URL;
  try {
    url = new URL(given);
  } catch (error) {
    throw Object.assign(invalidUrl(`"${given}" is not a URL; it may lack https://`), {
      cause: error,
    });
  }
  const protocol = url.protocol.replace(/^ws/, 'http');
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidUrl(`"${given}" starts with neither http:// nor https://`);
  }
  if (url.username !== '' || url.password !== '') throw invalidUrl('contains a password');
  if (url.pathname.replace(/\/+$/, '') !== '' || url.search !== '' || url.hash !== '') {
    throw invalidUrl(`"${given}" has more than a host and a port`);
  }
  return `${protocol}//${url.host}`;
}
