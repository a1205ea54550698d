/*
 * A safety net for log lines. Code must not log tokens or secrets, but libraries put requests, URLs
 * and headers into their errors.
 */

const REDACTED = '[redacted]';
const MAX_DEPTH = 6;

const SECRET_NAME =
  /(tokens?|secrets?|passwords?|credentials?|authorization|cookies?|jwt|api_?key|private_?key)$/i;

const REPLACEMENTS: [RegExp, string][] = [
  // A JWT, whole or truncated: base64url of `{"`, then parts after dots.
  [/eyJ[\w-]{5,}(\.[\w-]*){1,4}/g, REDACTED],
  [/\b(bearer)\s+[\w.~+/=-]{16,}/gi, `$1 ${REDACTED}`],
  [/\b([\w-]*(?:token|secret|password|credential))=[^&\s"']+/gi, `$1=${REDACTED}`],
  // The password of a URL.
  [/(:\/\/[^:/@\s]*):[^@/\s]+@/g, `$1:${REDACTED}@`],
];

export function redactText(text: string): string {
  return REPLACEMENTS.reduce(
    (safe, [pattern, replacement]) => safe.replace(pattern, replacement),
    text,
  );
}

/** A JSON-compatible copy without recognizable secrets. Errors become plain objects. */
export function redact(value: unknown, { stacks }: { stacks: boolean }, depth = 0): unknown {
  const deeper = (part: unknown) => redact(part, { stacks }, depth + 1);
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map(deeper);
  if (value instanceof Map || value instanceof Set) return deeper([...value]);
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  // Dates, URLs and others that define their JSON form.
  if ('toJSON' in value && typeof value.toJSON === 'function') return deeper(value.toJSON());
  return redactFields(isError(value) ? errorFields(value, stacks) : value, deeper);
}

function redactFields(
  fields: object,
  deeper: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && mayBeSecret(value) ? REDACTED : deeper(value),
    ]),
  );
}

/** A count or a flag such as `hasToken` is no secret. */
function mayBeSecret(value: unknown): boolean {
  return (
    (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null)
  );
}

/** Checks the shape, too, since errors may come from other realms. */
function isError(value: object): value is Error {
  return value instanceof Error || ('stack' in value && 'message' in value && 'name' in value);
}

/** The fields that are not enumerable, and those that libraries add, such as `code`. */
function errorFields(error: Error, stacks: boolean): object {
  const { name, message, stack, cause, ...added } = error;
  return {
    name,
    message,
    ...added,
    ...(cause === undefined ? {} : { cause }),
    ...(stacks ? { stack } : {}),
  };
}
