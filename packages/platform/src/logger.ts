import { createLogger as createWinston, format, transports } from 'winston';
import { jsonLine, readableLine } from './log-lines.ts';
import { requestIds } from './request-context.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Ids have their usual names (`callId`, `userId`, `requestId`). An exception goes into `error`. */
export type LogFields = Record<string, unknown>;

type Log = (message: string, fields?: LogFields) => void;

/** packages/platform/LOGGING.md says what to log at which level. */
export interface Logger {
  error: Log;
  warn: Log;
  info: Log;
  debug: Log;
}

export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** JSON in production, else lines for people. */
  production: boolean;
  /** stdout by default. */
  destination?: NodeJS.WritableStream;
}

/**
 * The logger of a process. Lines within a request (`inRequest`) get its ids. Everything that looks
 * like a token or a secret is redacted.
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
  // The fields are one value, since winston would append a field called `message` to the message.
  const at =
    (level: LogLevel): Log =>
    (message, fields = {}) => {
      winston.log({ level, message, fields: { ...requestIds(), ...fields } });
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** A logger that adds these fields to every line. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const at =
    (level: LogLevel): Log =>
    (message, more) =>
      logger[level](message, { ...fields, ...more });
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
