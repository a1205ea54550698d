import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../scripts/stack/chromium.ts';
import { provided } from './server.ts';

export interface ChromiumOptions {
  /** The program to start; by default the machine's Chromium. A network has its own. */
  readonly executable?: string;
  /** An origin without TLS that may use camera and microphone, as localhost may. */
  readonly trustedOrigin?: string;
  /** Host names and their addresses, for this browser alone. */
  readonly names?: Readonly<Record<string, string>>;
  /** A home folder for this browser: it holds the authorities that the browser trusts. */
  readonly home?: string;
}

/**
 * A headless browser for calls on loopback. Its camera and microphone are fakes that need no
 * permission.
 */
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
      // Windows in the background must not be slowed down.
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(', ')}`] : []),
      ...(trustedOrigin ? [`--unsafely-treat-insecure-origin-as-secure=${trustedOrigin}`] : []),
    ],
  });
}
