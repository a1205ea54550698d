const SVG = 'http://www.w3.org/2000/svg';

/** Strokes on a grid of 24 by 24. */
const paths = {
  microphone: [
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z',
    'M6 11a6 6 0 0 0 12 0M12 17v4',
  ],
  muted: [
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z',
    'M6 11a6 6 0 0 0 12 0M12 17v4',
    'M4 4l16 16',
  ],
  camera: [
    'M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1z',
    'M15 11l6-3v8l-6-3',
  ],
  screen: ['M4 5h16v11H4z', 'M9 20h6M12 16v4M12 13V8m-2.5 2.5L12 8l2.5 2.5'],
  phone: [
    'M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15 15 0 0 1 4.5 6a2 2 0 0 1 2-2z',
  ],
  hangUp: ['M3 14c5-5 13-5 18 0l-2.5 2.5-3.5-2v-2.3a10 10 0 0 0-6 0v2.3l-3.5 2z'],
  invite: [
    'M10 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
    'M3.5 20a6.5 6.5 0 0 1 13 0M19 8v6M16 11h6',
  ],
  incoming: ['M18 6L6 18M6 9v9h9'],
  outgoing: ['M6 18L18 6M9 6h9v9'],
  remove: ['M6 6l12 12M18 6L6 18'],
  line1: ['M4 20v-5', 'M9.5 20v-1M15 20v-1M20.5 20v-1'],
  line2: ['M4 20v-5M9.5 20v-8', 'M15 20v-1M20.5 20v-1'],
  line3: ['M4 20v-5M9.5 20v-8M15 20V8', 'M20.5 20v-1'],
  line4: ['M4 20v-5M9.5 20v-8M15 20V8M20.5 20V4'],
  star: ['M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8L7 19l1.1-5.5L4 9.7 9.6 9z'],
  host: ['M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8L7 19l1.1-5.5L4 9.7 9.6 9z'],
} as const;

export type IconName = keyof typeof paths;

/** Hidden from screen readers: an icon goes with text, and never replaces it. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  for (const d of paths[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}
