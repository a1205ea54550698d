import { jest } from '@jest/globals';
import { refreshTokens } from '#src/signalling/token-refresh.ts';
import { createTokens } from '#src/signalling/tokens.ts';
import { createLogger, useFakeTimers } from '../fixtures/environment.ts';
import { tokenFor } from '../fixtures/tokens.ts';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const HOUR = 3_600_000;

async function begin(lifeMs: number) {
  let made = 0;
  const getToken = jest.fn(async () => {
    made += 1;
    return tokenFor('ann', Date.now() + lifeMs, String(made));
  });
  const tokens = createTokens({ getToken });
  await tokens.current();
  const send = jest.fn(async (_token: string): Promise<unknown> => null);
  const emit = jest.fn();
  const ending = new AbortController();
  const retry = { delayMs: () => 500 };
  const logger = createLogger();
  const ended = refreshTokens({ tokens, send, retry, emitter: { emit }, logger }, ending.signal);
  return { getToken, send, emit, ending, ended };
}

describe('refreshing the token of a socket', () => {
  useFakeTimers({ now: NOW });

  it('sends a new token a minute before the old one expires', async () => {
    const { send, ending, ended } = await begin(HOUR);
    await jest.advanceTimersByTimeAsync(HOUR - 60_001);
    expect(send).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(send.mock.calls).toEqual([[tokenFor('ann', NOW + HOUR + HOUR - 60_000, '2')]]);
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(send).toHaveBeenCalledTimes(2);
    ending.abort();
    await ended;
  });

  it('retries and reports when the host app gives no token', async () => {
    const { getToken, send, emit, ending, ended } = await begin(HOUR);
    getToken.mockRejectedValueOnce(new Error('host app is away'));
    await jest.advanceTimersByTimeAsync(HOUR - 60_000);
    expect(emit).toHaveBeenCalledWith('error', expect.objectContaining({ code: 'TOKEN_FAILED' }));
    expect(send).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(500);
    expect(send).toHaveBeenCalledTimes(1);
    ending.abort();
    await ended;
  });

  it('stops with the connection', async () => {
    const { getToken, send, ending, ended } = await begin(HOUR);
    ending.abort();
    await ended;
    await jest.advanceTimersByTimeAsync(2 * HOUR);
    expect(getToken).toHaveBeenCalledTimes(1);
    expect(send).not.toHaveBeenCalled();
  });

  it('waits for a token that is valid for a year', async () => {
    const { send, ending, ended } = await begin(365 * 24 * HOUR);
    await jest.advanceTimersByTimeAsync(30 * 24 * HOUR);
    expect(send).not.toHaveBeenCalled();
    ending.abort();
    await ended;
  });
});
