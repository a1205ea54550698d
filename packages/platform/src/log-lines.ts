import { redact, redactText } from './redaction.ts';

export interface LogLine {
  time: Date;
  level: string;
  service: string;
  message: string;
  fields: Record<string, unknown>;
}

const FIRST_FIELDS = ['callId', 'requestId'];

/** One JSON object. The five fixed names win over fields of the same name. */
export function jsonLine({ time, level, service, message, fields }: LogLine): string {
  return JSON.stringify({
    time: time.toISOString(),
    level,
    service,
    message: redactText(message),
    ...omit(safeFields(level, fields), ['time', 'level', 'service', 'message']),
  });
}

/** `12:00:00.000 info  call-service  call is ringing  callId=… requestId=… state=ringing`, and stacks below it. */
export function readableLine({ time, level, service, message, fields }: LogLine): string {
  const safe = safeFields(level, fields);
  const stacks: string[] = [];
  const pairs = ordered(safe).map(([name, value]) => {
    if (!hasStack(value)) return `${name}=${readable(value)}`;
    stacks.push(value.stack);
    const rest = omit(value, ['name', 'message', 'stack']);
    return `${name}=${readable(`${value.name}: ${value.message}`)}${Object.keys(rest).length > 0 ? ` ${readable(rest)}` : ''}`;
  });
  const clock = time.toISOString().slice(11, 23);
  const line = [
    `${clock} ${level.padEnd(5)}`,
    service,
    oneLine(redactText(message)),
    pairs.join(' '),
  ];
  return [line.join('  ').trimEnd(), ...stacks].join('\n');
}

/** Stacks are for what somebody has to look into. */
function safeFields(level: string, fields: Record<string, unknown>): Record<string, unknown> {
  const safe = redact(fields) as Record<string, unknown>;
  if (level === 'error') return safe;
  return Object.fromEntries(
    Object.entries(safe).map(([name, value]) => [
      name,
      hasStack(value) ? omit(value, ['stack']) : value,
    ]),
  );
}

function hasStack(value: unknown): value is { name: string; message: string; stack: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stack' in value &&
    typeof value.stack === 'string'
  );
}

function ordered(fields: Record<string, unknown>): [string, unknown][] {
  const rank = (name: string) =>
    FIRST_FIELDS.includes(name) ? FIRST_FIELDS.indexOf(name) : FIRST_FIELDS.length;
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => rank(a) - rank(b));
}

function readable(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"]+$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text);
}

/** A line break in what a client sent must not look like a line of ours. */
function oneLine(text: string): string {
  return text.replace(/\r?\n/g, '\\n');
}

function omit(fields: object, names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
