import { launchChromium } from '../chromium.ts';
import { startLiveKit } from '../livekit.ts';
import { startRedis } from '../redis.ts';

function answers(url: string) {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('a LiveKit for one test', () => {
  it('is gone after kill and answers again after restart, like its Redis', async () => {
    const redis = await startRedis();
    const livekit = await startLiveKit({ redisUrl: redis.url });
    expect(await answers(livekit.url)).toBe(true);

    await livekit.kill();
    expect(await answers(livekit.url)).toBe(false);

    await redis.kill();
    await redis.restart();
    await livekit.restart();
    expect(await answers(livekit.url)).toBe(true);

    await livekit.stop();
    await redis.stop();
  });

  it('reports why it ended if it cannot start', async () => {
    await expect(startLiveKit({ redisUrl: 'redis://127.0.0.1:1' })).rejects.toThrow(
      /^livekit did not start: it ended .*unable to connect to redis/s,
    );
  });
});

describe('the tests’ browser', () => {
  it('has a camera and a microphone without asking for permission', async () => {
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto('chrome://version');
    const kinds = await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      return stream.getTracks().map(({ kind }) => kind);
    });
    expect(kinds.sort()).toEqual(['audio', 'video']);
    await browser.close();
  });
});
