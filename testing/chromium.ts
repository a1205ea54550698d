import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../scripts/stack/chromium.ts';
import { provided } from './server.ts';

/** A headless browser with a camera and a microphone that need no hardware and no permission, for calls on loopback. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: provided('Chromium', findChromium()),
    args: [
      '--no-sandbox', // as root, Chromium starts only without
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      // A second window is never in front, and must not be slowed down for that.
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  });
}
