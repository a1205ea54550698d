/*
 * Origins as browsers and app shells send them. A URL parser gives no origin for
 * `capacitor://localhost`, `app://.` or `file://`, so these are compared as text.
 */

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\]*)$/;
const WEB_SCHEMES = ['http', 'https'];
const ANY_LABELS = '*.';

/** A host with its port as a URL parser writes it; null if it is invalid. */
function normalizeHost(scheme: string, host: string): string | null {
  const url = `${scheme}://${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * An item of CORS_ORIGINS in the form for comparison: lower case, without a trailing slash and
 * without the default port. Undefined unless the item is an origin, `null` or `scheme://*.domain`.
 */
export function parseOriginPattern(item: string): string | undefined {
  const text = item.toLowerCase().replace(/(?<=[^/])\/$/, '');
  if (text === 'null') return text;
  const [, scheme = '', host = ''] = SHAPE.exec(text) ?? [];
  const isWild = host.startsWith(ANY_LABELS);
  const rest = isWild ? host.slice(ANY_LABELS.length) : host;
  if (scheme === '' || rest.includes('*') || (isWild && rest === '')) return undefined;
  // Only these schemes require a host and have a default port.
  const known = WEB_SCHEMES.includes(scheme) ? normalizeHost(scheme, rest) : rest;
  return known === null ? undefined : `${scheme}://${isWild ? ANY_LABELS : ''}${known}`;
}

/** Whether an `Origin` header matches an item. A wildcard stands for one or more labels. */
export function fitsOrigin(pattern: string, origin: string): boolean {
  // Some clients include the default port, which a browser would omit.
  const given = parseOriginPattern(origin) ?? origin;
  const [head = '', tail] = pattern.split(`://${ANY_LABELS}`);
  if (tail === undefined) return given === pattern;
  const [, scheme, host = ''] = SHAPE.exec(given) ?? [];
  const labels = host.endsWith(`.${tail}`) ? host.slice(0, -tail.length - 1) : '';
  return scheme === head && labels !== '' && labels.split('.').every((label) => label !== '');
}
