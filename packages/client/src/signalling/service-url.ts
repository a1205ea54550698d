import { RinglineError } from '../errors.ts';

function bad(why: string): RinglineError {
  return new RinglineError(
    'VALIDATION_FAILED',
    `The url ${why}. It is the origin of the call service, such as https://calls.example.com.`,
  );
}

/** The service's origin. Throws `VALIDATION_FAILED` for what can be none, so that a typo is seen where it was made. */
export function serviceOrigin(given: unknown): string {
  if (typeof given !== 'string' || given.trim() === '') throw bad('is missing');
  let url: URL;
  try {
    url = new URL(given);
  } catch (error) {
    throw Object.assign(bad(`"${given}" is no URL; it may lack https://`), { cause: error });
  }
  const protocol = url.protocol.replace(/^ws/, 'http');
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw bad(`"${given}" begins with neither http:// nor https://`);
  }
  if (url.username !== '' || url.password !== '') throw bad('holds a password');
  if (url.pathname.replace(/\/+$/, '') !== '' || url.search !== '' || url.hash !== '') {
    throw bad(`"${given}" has more than a host and a port`);
  }
  return `${protocol}//${url.host}`;
}
