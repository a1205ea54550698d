import { clock } from '#page/words.ts';

describe('a duration', () => {
  it.each([
    [-3, '0:00'],
    [0, '0:00'],
    [59.9, '0:59'],
    [75, '1:15'],
    [3600, '1:00:00'],
    [3671, '1:01:11'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text);
  });
});
