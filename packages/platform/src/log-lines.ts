import { redact, redactText } from './redaction.ts';

export interface LogLine {
  time: Date;
  level: string;
  service: string;
  message: string;
  fields: Record<string, unknown>;
}

type Fields = Record<string, unknown>;

/** An error after `redact`. */
type PlainError = Fields & { name: string; message: string; stack?: string; cause?: unknown };

const FIXED_NAMES = ['time', 'level', 'service', 'message'];
const FIRST_FIELDS = ['callId', 'requestId'];

/** One JSON object. Its fixed names take precedence over fields. */
export function jsonLine({ time, level, service, message, fields }: LogLine): string {
  return JSON.stringify({
    time: time.toISOString(),
    level,
    service,
    message: redactText(message),
    ...omit(safeFields(level, fields), FIXED_NAMES),
  });
}

/**
 * `12:00:00.000 info   call-service  call is ringing  callId=… requestId=…`, followed by stacks.
 */
export function readableLine({ time, level, service, message, fields }: LogLine): string {
  const safe = safeFields(level, fields);
  const clock = time.toISOString().slice(11, 23);
  const line = [
    `${clock} ${level.padEnd(5)}`,
    service,
    oneLine(redactText(message)),
    idsFirst(safe)
      .map(([name, value]) => `${name}=${readable(value)}`)
      .join(' '),
  ];
  return [line.join('  ').trimEnd(), ...Object.values(safe).flatMap(listStacks)].join('\n');
}

/** Only errors include stacks. */
function safeFields(level: string, fields: Fields): Fields {
  return redact(fields, { stacks: level === 'error' }) as Fields;
}

function idsFirst(fields: Fields): [string, unknown][] {
  const { callId, requestId } = fields;
  return Object.entries({ callId, requestId, ...omit(fields, FIRST_FIELDS) }).filter(
    ([, value]) => value !== undefined,
  );
}

function readable(value: unknown): string {
  if (isPlainError(value)) {
    const more = omit(value, ['name', 'message', 'stack', 'cause']);
    const summary = readable(`${value.name}: ${value.message}`);
    return Object.keys(more).length > 0 ? `${summary} ${readable(more)}` : summary;
  }
  if (typeof value === 'string' && /^[^\s"]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function listStacks(value: unknown): string[] {
  if (!isPlainError(value) || value.stack === undefined) return [];
  const [first, ...others] = listStacks(value.cause);
  return [value.stack, ...(first === undefined ? [] : [`caused by ${first}`]), ...others];
}

function isPlainError(value: unknown): value is PlainError {
  if (typeof value !== 'object' || value === null) return false;
  return 'name' in value && 'message' in value && typeof value.message === 'string';
}

/** A client must not be able to forge a log line by a line break. */
function oneLine(text: string): string {
  return text.replace(/\r?\n/g, '\\n');
}

function omit(fields: object, names: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
