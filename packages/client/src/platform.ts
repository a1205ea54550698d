import { RinglineError } from './errors.ts';

/** What the SDK takes from the platform: browsers since 2022 have it all, and so has Node. Some React Native does not. */
const NEEDED = [
  'AbortController',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'WebSocket',
  'atob',
  'crypto.getRandomValues',
  'fetch',
] as const;

function has(name: string): boolean {
  let found: unknown = globalThis;
  for (const part of name.split('.'))
    found = (found as Record<string, unknown> | undefined)?.[part];
  return typeof found === 'function';
}

/** Throws `UNSUPPORTED`, with the names of what is missing. */
export function demandPlatform(): void {
  const missing = NEEDED.filter((name) => !has(name));
  if (missing.length === 0) return;
  throw new RinglineError(
    'UNSUPPORTED',
    `This platform lacks ${missing.join(', ')}. Ringline needs Chrome 94, Firefox 93, Safari 15.4 or Node 22, or a polyfill.`,
  );
}
