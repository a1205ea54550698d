import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../scripts/stack/chromium.ts';
import { provided } from './server.ts';

export interface ChromiumOptions {
  /** Starts the browser in a place of its own; by default it is started here. */
  readonly executable?: string;
  /** An origin without TLS that may use camera and microphone all the same, as only localhost may. */
  readonly trustedOrigin?: string;
  /** Names and the addresses to which they lead, for this browser alone. */
  readonly names?: Readonly<Record<string, string>>;
  /** The home folder, for one of its own; the authorities that the browser trusts are in there. */
  readonly home?: string;
}

/** A headless browser with a camera and a microphone that need no hardware and no permission, for calls on loopback. */
export function launchChromium({
  executable = provided('Chromium', findChromium()),
  trustedOrigin,
  names = {},
  home,
}: ChromiumOptions = {}): Promise<Browser> {
  const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`);
  return chromium.launch({
    executablePath: executable,
    ...(home && { env: { ...process.env, HOME: home } }),
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
      ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(', ')}`] : []),
      ...(trustedOrigin ? [`--unsafely-treat-insecure-origin-as-secure=${trustedOrigin}`] : []),
    ],
  });
}
