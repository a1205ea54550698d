import { getDeviceName } from '#src/quality/device-name.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36';

describe('the name of a device', () => {
  it.each([
    [CHROME, 'Chrome 156, Linux'],
    [`${CHROME} Edg/156.0.0.0`, 'Edge 156, Linux'],
    [
      'Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0',
      'Firefox 150, Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E148 Safari/604.1',
      'Safari 19, iPhone',
    ],
  ])('of %s is %s', (userAgent, name) => {
    expect(getDeviceName({ userAgent })).toBe(name);
  });

  it('is null outside of browsers', () => {
    expect(getDeviceName(undefined)).toBeNull();
    expect(getDeviceName({ userAgent: 'Node.js/24' })).toBeNull();
  });
});
