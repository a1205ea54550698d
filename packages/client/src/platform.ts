import { RinglineError } from './errors.ts';

/** Node and browsers since 2022 have all of these; React Native may lack some. */
const REQUIRED = [
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
export function requirePlatform(): void {
  const missing = REQUIRED.filter((name) => !has(name));
  if (missing.length === 0) return;
  throw new RinglineError(
    'UNSUPPORTED',
    `This platform lacks ${missing.join(', ')}. Ringline needs Chrome 94, Firefox 93, Safari 15.4 or Node 22, or a polyfill.`,
  );
}
