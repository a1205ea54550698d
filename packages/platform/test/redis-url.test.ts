import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from '@ringline/platform';

describe('parseRedisUrl', () => {
  it('parses one node', () => {
    expect(parseRedisUrl('redis://localhost')).toEqual({
      nodes: [{ host: 'localhost', port: 6379 }],
      cluster: false,
      tls: false,
      username: null,
      password: null,
      database: 0,
    });
  });

  it('parses user, password, port, database and TLS', () => {
    expect(parseRedisUrl('rediss://ann:p%40ss:word@redis.example.com:6380/2')).toEqual({
      nodes: [{ host: 'redis.example.com', port: 6380 }],
      cluster: false,
      tls: true,
      username: 'ann',
      password: 'p@ss:word',
      database: 2,
    });
    expect(parseRedisUrl('redis://:50%off@localhost')).toMatchObject({
      username: null,
      password: '50%off',
    });
  });

  it('parses several nodes, or one followed by a comma, as a cluster', () => {
    expect(parseRedisUrl('redis://:pw@a,b:7001,[::1]:7002')).toMatchObject({
      nodes: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 7001 },
        { host: '::1', port: 7002 },
      ],
      cluster: true,
      password: 'pw',
    });
    expect(parseRedisUrl('redis://a:7000,')).toMatchObject({
      cluster: true,
      nodes: [{ port: 7000 }],
    });
  });

  it.each([
    '',
    'localhost',
    'http://localhost',
    'redis://',
    'redis://,',
    'redis://a,b/1',
    'redis://a:port',
    'redis://a:99999',
  ])('returns null for %p', (text) => {
    expect(parseRedisUrl(text)).toBeNull();
  });
});
