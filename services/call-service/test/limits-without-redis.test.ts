import { BASE_PATH } from '@ringline/contract';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { REQUESTS, SOCKETS, setUpLimitedStack } from './limited-stack.ts';
import { signToken } from './tokens.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpLimitedStack();

describe('without Redis', () => {
  const passUnlimited = async (address: string): Promise<void> => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      const answer = await request(stack.replicas[0].url)
        .get(`${BASE_PATH}/calls/stats`)
        .auth(ann.token, { type: 'bearer' })
        .set('X-Forwarded-For', address);
      expect(answer.status).toBe(200);
    }
  };
  const failures = async (limit: string) => {
    const { values } = await stack.replicas[0].metrics.rateLimitFailures.get();
    return values.find(({ labels }) => labels.limit === limit)?.value ?? 0;
  };

  test('a hung Redis delays a request only briefly', async () => {
    process.kill(stack.redis.pid(), 'SIGSTOP');
    const before = performance.now();
    await passUnlimited('192.0.2.8');
    process.kill(stack.redis.pid(), 'SIGCONT');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('every request passes, and a metric counts it', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await stack.redis.kill();
    await passUnlimited('192.0.2.9');
    expect(await failures('address_requests')).toBeGreaterThan(REQUESTS);
    const devices = await Promise.all(
      Array.from({ length: SOCKETS + 1 }, async () => {
        const token = await signToken(stack.secret, { sub: ann.id });
        return connectDevice(stack.replicas[0].url, { token });
      }),
    );
    expect(await failures('sockets')).toBeGreaterThan(SOCKETS);
    // Without its own Redis LiveKit makes no rooms, so a start is refused, but not by a limit.
    const answer = await devices[0]?.send('call:start', {
      type: 'audio',
      participantIds: [ben.id],
    });
    expect(answer.error?.code).not.toBe('RATE_LIMITED');
    expect(await failures('unanswered_rings')).toBeGreaterThan(0);
    for (const device of devices) device.close();
    await stack.redis.restart();
  });
});
