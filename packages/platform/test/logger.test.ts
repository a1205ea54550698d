import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import {
  createLogger,
  inRequest,
  type LogLevel,
  requestContext,
  withFields,
} from '@ringline/platform';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

function testLogger({ production = true, level = 'info' as LogLevel } = {}) {
  const destination = new PassThrough();
  const logger = createLogger({ service: 'call-service', level, production, destination });
  const output = () => String(destination.read() ?? '');
  return { logger, output, entry: () => JSON.parse(output()) };
}

describe('a log line in production', () => {
  it('is one JSON object', () => {
    const { logger, entry } = testLogger();
    logger.info('call is ringing', { callId: 'c1', requestId: 'r1' });
    expect(entry()).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      service: 'call-service',
      message: 'call is ringing',
      callId: 'c1',
      requestId: 'r1',
    });
  });

  it('keeps its fixed names when fields have the same names', () => {
    const { logger, entry } = testLogger();
    logger.info('ours', { message: 'theirs', level: 'fatal', service: 'x', time: 0 });
    expect(entry()).toMatchObject({ message: 'ours', level: 'info', service: 'call-service' });
  });

  it('includes the stack, the code and the cause of an error', () => {
    const { logger, entry } = testLogger();
    const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
    logger.error('publishing failed', { error: new TypeError('no answer', { cause }) });
    expect(entry().error).toMatchObject({
      name: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('logger.test'),
      cause: { message: 'connection refused', code: 'ECONNREFUSED' },
    });
  });

  it('includes no stack below the error level', () => {
    const { logger, entry } = testLogger();
    logger.warn('Redis is away', { error: new Error('connection refused') });
    expect(entry().error).toEqual({ name: 'Error', message: 'connection refused' });
  });

  it('can contain any value', () => {
    const { logger, entry } = testLogger();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    logger.info('odd', {
      circle,
      big: 2n ** 64n,
      map: new Map([['a', 1]]),
      date: new Date(0),
      url: new URL('redis://:s3cret@redis:6379'),
      bytes: Buffer.from('abc'),
      run: () => 1,
      nothing: undefined,
    });
    expect(entry()).toMatchObject({
      big: '18446744073709551616',
      map: [['a', 1]],
      date: '1970-01-01T00:00:00.000Z',
      url: 'redis://:[redacted]@redis:6379',
      bytes: '[3 bytes]',
    });
  });
});

describe('a log line in development', () => {
  it('is short and starts with the ids', () => {
    const { logger, output } = testLogger({ production: false });
    logger.info('call is ringing', {
      state: 'ringing',
      requestId: 'r1',
      note: 'two words',
      callId: 'c1',
    });
    expect(output()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {3}call-service {2}call is ringing {2}callId=c1 requestId=r1 state=ringing note="two words"\n$/,
    );
  });

  it('is followed by the stack of an error', () => {
    const { logger, output } = testLogger({ production: false });
    logger.error('publishing failed', { callId: 'c1', error: new Error('no answer') });
    const [line, ...stack] = output().split('\n');
    expect(line).toMatch(
      /error {2}call-service {2}publishing failed {2}callId=c1 error="Error: no answer"$/,
    );
    expect(stack[0]).toBe('Error: no answer');
    expect(stack[1]).toMatch(/^ {4}at /);
  });

  it('includes the cause of an error, with its stack last', () => {
    const { logger, output } = testLogger({ production: false });
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    logger.error('publishing failed', { error: new Error('no answer', { cause }) });
    expect(output()).toMatch(/ {4}at .*\ncaused by Error: refused\n {4}at /);
    logger.warn('publishing failed', { error: cause });
    expect(output()).toMatch(/error="Error: refused" \{"code":"ECONNREFUSED"\}\n$/);
  });

  it('stays one line when a value has a line break', () => {
    const { logger, output } = testLogger({ production: false });
    logger.info('one\ntwo', { name: 'Ann\n00:00:00.000 error  forged' });
    expect(output().trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the level', () => {
  it('omits lines below it', () => {
    const { logger, output } = testLogger({ level: 'warn' });
    logger.debug('d');
    logger.info('i');
    expect(output()).toBe('');
    logger.warn('w');
    logger.error('e');
    expect(output().trim().split('\n')).toHaveLength(2);
  });
});

describe('a logger with fields', () => {
  it('adds them to every line, and a line can override them', () => {
    const { logger, entry } = testLogger();
    const ofRequest = withFields(logger, { requestId: 'r1', callId: 'c1' });
    ofRequest.info('one');
    expect(entry()).toMatchObject({ requestId: 'r1', callId: 'c1' });
    ofRequest.info('two', { callId: 'c2' });
    expect(entry()).toMatchObject({ requestId: 'r1', callId: 'c2' });
  });
});

describe('a log line of a request', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('includes the request id and the trace id', () => {
    const { logger, entry } = testLogger();
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    inRequest(requestContext({ 'x-request-id': 'r1', traceparent }), () => logger.info('one'));
    expect(entry()).toMatchObject({ message: 'one', requestId: 'r1', traceId });
    inRequest(requestContext({ 'x-request-id': 'r2' }), () => logger.info('two'));
    const second = entry();
    expect(second).toMatchObject({ message: 'two', requestId: 'r2' });
    expect(second).not.toHaveProperty('traceId');
    logger.info('three');
    expect(entry()).not.toHaveProperty('requestId');
  });
});

describe.each([
  ['production', true],
  ['development', false],
])('in %s, the log', (_name, production) => {
  it.each([
    ['a field called token', { token: 's3cret' }],
    ['a field that ends in token', { accessToken: 's3cret' }],
    ['a variable', { env: { LIVEKIT_API_SECRET: 's3cret' } }],
    ['a header', { headers: { authorization: 'Bearer s3cret', Cookie: 's3cret' } }],
    ['a password', { database: { password: 's3cret' } }],
    ['a TURN credential', { iceServers: [{ username: '1:ann', credential: 's3cret' }] }],
    ['a list of secrets', { secrets: ['s3cret'] }],
    ['the password of a URL', { url: 'redis://:s3cret@redis:6379' }],
    ['a query', { url: '/rtc?room=1&access_token=s3cret&sdk=js' }],
    ['the message of an error', { error: new Error('GET /rtc?access_token=s3cret failed') }],
    [
      'a field that a library added to an error',
      { error: Object.assign(new Error('x'), { config: { token: 's3cret' } }) },
    ],
  ])('does not contain a secret as %s', (_what, fields) => {
    const { logger, output } = testLogger({ production });
    logger.error('failed', fields);
    const line = output();
    expect(line).not.toContain('s3cret');
    expect(line).toContain('[redacted]');
  });

  it.each([
    ['in the message', `cannot verify ${JWT}`, {}],
    ['in a field of any name', 'cannot verify', { given: `x ${JWT} y` }],
    ['cut off', 'cannot verify', { given: JWT.slice(0, 40) }],
    ['deep inside', 'cannot verify', { request: { query: [{ value: JWT }] } }],
  ])('does not contain a JWT %s', (_what, message, fields) => {
    const { logger, output } = testLogger({ production });
    logger.error(message, fields);
    const line = output();
    expect(line).not.toContain('eyJ');
    expect(line).toContain('[redacted]');
  });

  it('contains counts and flags', () => {
    const { logger, output } = testLogger({ production });
    logger.info('issued', { tokens: 3, hasToken: true });
    expect(output()).not.toContain('[redacted]');
  });
});
