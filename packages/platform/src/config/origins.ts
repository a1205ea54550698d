/*
 * Origins as browsers and the shells of apps send them. `capacitor://localhost`, `app://.` and `file://` are no URLs
 * that a URL parser gives an origin for, so that their text is what counts.
 */

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\]*)$/;
const WEB_SCHEMES = ['http', 'https'];
const ANY_LABELS = '*.';

/** A host with its port, as a URL parser writes it; null where it is none. */
function normalizeHost(scheme: string, host: string): string | null {
  const url = `${scheme}://${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * An item of CORS_ORIGINS in the form in which it is compared: lower case, without a trailing slash or the port that its
 * scheme has anyway. Undefined where the item is no origin, nor `null`, nor `scheme://*.domain`.
 */
export function parseOriginPattern(item: string): string | undefined {
  const text = item.toLowerCase().replace(/(?<=[^/])\/$/, '');
  if (text === 'null') return text;
  const [, scheme = '', host = ''] = SHAPE.exec(text) ?? [];
  const isWild = host.startsWith(ANY_LABELS);
  const rest = isWild ? host.slice(ANY_LABELS.length) : host;
  if (scheme === '' || rest.includes('*') || (isWild && rest === '')) return undefined;
  // Only of these schemes may the host not be empty, and has a port of its own.
  const known = WEB_SCHEMES.includes(scheme) ? normalizeHost(scheme, rest) : rest;
  return known === null ? undefined : `${scheme}://${isWild ? ANY_LABELS : ''}${known}`;
}

/** Whether an `Origin` header fits an item. A wildcard stands for one label or more; scheme and port must be the same. */
export function fitsOrigin(pattern: string, origin: string): boolean {
  // Some clients name a port that a browser would leave out.
  const given = parseOriginPattern(origin) ?? origin;
  const [head = '', tail] = pattern.split(`://${ANY_LABELS}`);
  if (tail === undefined) return given === pattern;
  const [, scheme, host = ''] = SHAPE.exec(given) ?? [];
  const labels = host.endsWith(`.${tail}`) ? host.slice(0, -tail.length - 1) : '';
  return scheme === head && labels !== '' && labels.split('.').every((label) => label !== '');
}
