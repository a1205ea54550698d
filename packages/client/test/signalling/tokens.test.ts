import { jest } from '@jest/globals';
import { createTokens, readClaims } from '#src/signalling/tokens.ts';
import { useFakeTimers } from '../fixtures/environment.ts';
import { tokenFor } from '../fixtures/tokens.ts';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const HOUR = 3_600_000;

describe('tokens', () => {
  useFakeTimers({ now: NOW });

  it('contain the user and the expiry', () => {
    expect(readClaims(tokenFor('ann', NOW + HOUR))).toEqual({ userId: 'ann', lifeMs: HOUR });
  });

  it.each(['', 'nonsense', 'a.b.c', `a.${Buffer.from('{"sub":"ann"}').toString('base64url')}.c`])(
    'are rejected when they are not JWTs: %j',
    (text) => {
      expect(() => readClaims(text)).toThrow(expect.objectContaining({ code: 'TOKEN_FAILED' }));
    },
  );

  it('are fetched once while they are valid', async () => {
    const getToken = jest.fn(() => tokenFor('ann', NOW + HOUR));
    const tokens = createTokens({ getToken });
    await Promise.all([tokens.current(), tokens.current()]);
    jest.setSystemTime(NOW + HOUR - 60_001);
    await tokens.current();
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  it('are fetched again a minute before they expire', async () => {
    const getToken = jest.fn(() => tokenFor('ann', Date.now() + HOUR));
    const tokens = createTokens({ getToken });
    await tokens.current();
    jest.setSystemTime(NOW + HOUR - 60_000);
    await tokens.current();
    expect(getToken).toHaveBeenCalledTimes(2);
  });

  it('with a short life are renewed in its last quarter', async () => {
    const tokens = createTokens({ getToken: () => tokenFor('ann', NOW + 20_000) });
    await tokens.current();
    expect(tokens.renewAt).toBe(NOW + 15_000);
  });

  it('are not renewed where the host app gave a fixed one', async () => {
    const token = tokenFor('ann', NOW + 1000);
    const tokens = createTokens({ token });
    await tokens.current();
    jest.setSystemTime(NOW + HOUR);
    expect(await tokens.current()).toBe(token);
    expect(tokens.renewable).toBe(false);
  });

  it('of another user are rejected', async () => {
    const users = ['ann', 'ben'];
    const tokens = createTokens({ getToken: () => tokenFor(users.shift() ?? '', NOW + HOUR) });
    await tokens.current();
    await expect(tokens.renew()).rejects.toMatchObject({ code: 'TOKEN_FAILED' });
    expect(tokens.userId).toBe('ann');
  });

  it('that the host app refuses reject with the cause', async () => {
    const cause = new Error('signed out');
    const tokens = createTokens({ getToken: () => Promise.reject(cause) });
    await expect(tokens.current()).rejects.toMatchObject({ code: 'TOKEN_FAILED', cause });
  });

  describe.each([
    ['two hours ahead', 2 * HOUR],
    ['two hours behind', -2 * HOUR],
  ])('on a device whose clock is %s', (_how, offset) => {
    const issue = () => {
      const issuedAt = Date.now() - offset;
      return tokenFor('ann', issuedAt + HOUR, '', issuedAt);
    };

    it('are fetched once while they are valid', async () => {
      const getToken = jest.fn(issue);
      const tokens = createTokens({ getToken });
      for (let minute = 0; minute < 58; minute += 1) {
        await tokens.current();
        await jest.advanceTimersByTimeAsync(60_000);
      }
      expect(getToken).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(60_000);
      await tokens.current();
      expect(getToken).toHaveBeenCalledTimes(2);
    });
  });

  it('without iat that look expired are kept for a while', async () => {
    const getToken = jest.fn(() => tokenFor('ann', Date.now() - HOUR));
    const tokens = createTokens({ getToken });
    await tokens.current();
    await jest.advanceTimersByTimeAsync(60_000);
    await tokens.current();
    expect(getToken).toHaveBeenCalledTimes(1);
  });
});
