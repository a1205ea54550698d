interface NavigatorNames {
  userAgent: string;
  /** Only in some browsers, and not yet in TypeScript's types. */
  userAgentData?: { platform?: string };
}

const LONGEST = 64;

/**
 * The first match counts: Edge and Opera call themselves Chrome as well, and Chrome calls itself
 * Safari.
 */
const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|HeadlessChrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
];
const SYSTEMS = /Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux/;

/** For example "Chrome 156, Linux"; null outside of browsers. */
export function getDeviceName(navigator: Partial<NavigatorNames> | undefined): string | null {
  const userAgent = navigator?.userAgent ?? '';
  const browser = BROWSERS.find(([, version]) => version.test(userAgent));
  if (browser === undefined) return null;
  const [name, version] = browser;
  const system = navigator?.userAgentData?.platform || SYSTEMS.exec(userAgent)?.[0];
  return [`${name} ${version.exec(userAgent)?.[1]}`, ...(system ? [system] : [])]
    .join(', ')
    .slice(0, LONGEST);
}
