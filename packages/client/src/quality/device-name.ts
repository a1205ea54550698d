interface Named {
  userAgent: string;
  /** Where the browser tells it; TypeScript does not know of it yet. */
  userAgentData?: { platform?: string };
}

const LONGEST = 64;

/** The first that fits: Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari. */
const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|HeadlessChrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
];
const SYSTEMS = /Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux/;

/** Such as "Chrome 156, Linux"; null outside of browsers. */
export function deviceName(navigator: Partial<Named> | undefined): string | null {
  const userAgent = navigator?.userAgent ?? '';
  const browser = BROWSERS.find(([, version]) => version.test(userAgent));
  if (browser === undefined) return null;
  const [name, version] = browser;
  const system = navigator?.userAgentData?.platform || SYSTEMS.exec(userAgent)?.[0];
  return [`${name} ${version.exec(userAgent)?.[1]}`, ...(system ? [system] : [])]
    .join(', ')
    .slice(0, LONGEST);
}
