import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inRequest, requestContext, traceHeaders } from '@ringline/platform';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

describe('the request id', () => {
  it.each(['abc', 'A-1_2.3', 'x'.repeat(64)])('comes from the header: %s', (id) => {
    expect(requestContext({ 'x-request-id': id }).requestId).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(65), 'two words', 'line\nbreak', '<script>', ['a', 'b']])(
    'is new if the header is %j',
    (id) => {
      const { requestId } = requestContext(id === undefined ? {} : { 'x-request-id': id });
      expect(requestId).toMatch(UUID);
      expect(requestContext({}).requestId).not.toBe(requestId);
    },
  );
});

describe('the trace of a request', () => {
  it.each([
    ['sampled', `00-${TRACE_ID}-${PARENT_ID}-01`, '01'],
    ['not sampled', `00-${TRACE_ID}-${PARENT_ID}-00`, '00'],
    ['of a later version, with more fields', `01-${TRACE_ID}-${PARENT_ID}-ff-more`, '01'],
  ])('is forwarded with a new span: %s', (_what, traceparent, flags) => {
    const context = requestContext({ traceparent });
    expect(context.traceId).toBe(TRACE_ID);
    expect(context.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-${flags}$`));
    expect(context.traceparent).not.toContain(PARENT_ID);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${TRACE_ID}-${PARENT_ID}`,
    `00-${TRACE_ID}-${PARENT_ID}-01-more`,
    `ff-${TRACE_ID}-${PARENT_ID}-01`,
    `00-${'0'.repeat(32)}-${PARENT_ID}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-${PARENT_ID}-01`,
  ])('is null if the header is %j', (traceparent) => {
    const context = requestContext(traceparent === undefined ? {} : { traceparent });
    expect(context).toMatchObject({ traceId: null, traceparent: null });
  });
});

describe('the tracestate', () => {
  const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;

  it('is forwarded unchanged, and only together with a trace', () => {
    expect(requestContext({ traceparent, tracestate: 'a=1,b=2' }).tracestate).toBe('a=1,b=2');
    expect(requestContext({ tracestate: 'a=1' }).tracestate).toBeNull();
  });

  it.each([undefined, '', 'x'.repeat(513), 'a=1\r\nCookie: b'])(
    'is null if the header is %j',
    (given) => {
      const tracestate = given === undefined ? {} : { tracestate: given };
      expect(requestContext({ traceparent, ...tracestate }).tracestate).toBeNull();
    },
  );
});

describe('traceHeaders', () => {
  const trace = (id: string) =>
    requestContext({ traceparent: `00-${id.repeat(32)}-${PARENT_ID}-01`, tracestate: `of=${id}` });

  it('returns the headers of the request that started the work', async () => {
    const [one, other] = [trace('1'), trace('2')];
    const headersLater = async () => {
      await delay(1);
      return traceHeaders();
    };
    expect(
      await Promise.all([inRequest(one, headersLater), inRequest(other, headersLater)]),
    ).toEqual([
      { traceparent: one.traceparent, tracestate: 'of=1' },
      { traceparent: other.traceparent, tracestate: 'of=2' },
    ]);
  });

  it('returns no headers outside of a request and without a trace', () => {
    expect(traceHeaders()).toEqual({});
    expect(inRequest(requestContext({}), traceHeaders)).toEqual({});
  });
});
