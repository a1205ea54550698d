import { createLogger as createWinston, format, transports } from 'winston';
import { jsonLine, readableLine } from './log-lines.ts';
import { requestIds } from './request-context.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a line is about. Ids are named as everywhere (`callId`, `userId`, `requestId`); an exception goes into `error`. */
export type LogFields = Record<string, unknown>;

type Log = (message: string, fields?: LogFields) => void;

/**
 * error: we are at fault, or gave something up; somebody should look. With the stack.
 * warn: not as it should be, and dealt with: a retry, a dependency that is away, a request that a limit refused.
 * info: one line for each real transition of a call, and for the start and the end of a process.
 * debug: what helps while developing: every command, duplicates, what changed nothing.
 */
export interface Logger {
  error: Log;
  warn: Log;
  info: Log;
  debug: Log;
}

export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** JSON for machines; otherwise one-liners for people. */
  production: boolean;
  /** stdout, if not given. */
  destination?: NodeJS.WritableStream;
}

/**
 * A logger of one process. Every line that is written on behalf of a request (`inRequest`) carries its ids. Whatever looks
 * like a token or a secret is replaced before it is written.
 */
export function createLogger({
  service,
  level,
  production,
  destination = process.stdout,
}: LoggerOptions): Logger {
  const line = production ? jsonLine : readableLine;
  const winston = createWinston({
    level,
    format: format.printf(({ level, message, fields }) =>
      line({
        time: new Date(),
        level,
        service,
        message: String(message),
        fields: fields as LogFields,
      }),
    ),
    transports: [new transports.Stream({ stream: destination, eol: '\n' })],
  });
  // The fields travel as one value, since winston would join a field called `message` with the message itself.
  const at =
    (level: LogLevel): Log =>
    (message, fields = {}) => {
      winston.log({ level, message, fields: { ...requestIds(), ...fields } });
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** A logger whose every line also carries these fields, such as the `requestId` of the request that it serves. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const at =
    (level: LogLevel): Log =>
    (message, more) =>
      logger[level](message, { ...fields, ...more });
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
