import { describe, expect, it } from '@jest/globals';
import { fitsOrigin, loadConfig } from '@ringline/platform';
import { CALL_SERVICE, readFault } from './environments.ts';

describe('CORS_ORIGINS', () => {
  const read = (text: string) =>
    loadConfig('call-service', { ...CALL_SERVICE, CORS_ORIGINS: text }).http.corsOrigins;

  it.each([
    ['*', '*'],
    ['https://app.example.com', ['https://app.example.com']],
    ['capacitor://localhost,tauri://localhost', ['capacitor://localhost', 'tauri://localhost']],
    ['ionic://localhost, app://.', ['ionic://localhost', 'app://.']],
    ['http://tauri.localhost', ['http://tauri.localhost']],
    ['chrome-extension://abcdef', ['chrome-extension://abcdef']],
    ['null', ['null']],
    ['file://', ['file://']],
    ['https://*.example.com', ['https://*.example.com']],
    ['https://*.Example.com:8443', ['https://*.example.com:8443']],
    ['HTTPS://App.example.com:443/', ['https://app.example.com']],
    ['https://bücher.example', ['https://xn--bcher-kva.example']],
  ])('accepts %s', (text, items) => {
    expect(read(text)).toEqual(items);
  });

  it.each([
    ['https://a.example.com/page', 1],
    ['https://a.example.com, b.example.com', 2],
    ['localhost:5173', 1],
    ['https://*', 1],
    ['https://*.', 1],
    ['https://a.*.example.com', 1],
    ['https://*example.com', 1],
    ['https://user@a.example.com', 1],
    ['https://', 1],
    ['https://a.example.com?x', 1],
    ['https://a.example.com, *', 2],
  ])('rejects %s and reports the position of the item', (text, place) => {
    expect(readFault('call-service', { ...CALL_SERVICE, CORS_ORIGINS: text })).toBe(
      'Bad configuration: CORS_ORIGINS must be * or a comma-separated list of origins such as https://app.example.com, ' +
        `capacitor://localhost, https://*.example.com or null, each without a path; item ${place} is not one.`,
    );
  });

  it.each([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://b.a.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com', 'https://a.example.com.evil.example', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://evil.example/.example.com', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://app.example.com', 'https://app.example.com:443', true],
    ['https://app.example.com', 'https://app.example.com.evil.example', false],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['capacitor://localhost', 'http://localhost', false],
    ['null', 'null', true],
    ['https://app.example.com', 'null', false],
  ])('matches %s with the Origin %s: %s', (pattern, origin, fits) => {
    const [item = ''] = read(pattern);
    expect(fitsOrigin(item, origin)).toBe(fits);
  });
});
