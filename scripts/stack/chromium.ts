import { installSystemPackages, type Say } from './debian.ts';
import { onPath } from './executable.ts';

/** Finds the browser that tests drive. */
export function findChromium(): string | undefined {
  return process.env.CHROMIUM ?? onPath('chromium', 'chromium-browser', 'google-chrome');
}

/**
 * Finds the browser, or installs it if possible.
 * @throws Error with one line that names the ways to get one.
 */
export function provideChromium(say: Say): string {
  const found = findChromium() ?? (installSystemPackages(['chromium'], say) && findChromium());
  if (found) return found;
  throw new Error(
    'No Chromium: put it on the PATH (Debian: apt-get install chromium), or its path into CHROMIUM.',
  );
}
