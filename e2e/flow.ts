import type { Page } from 'playwright-core';
import '@ringline/testing/browser/media';

/** Audio packets and video frames that a page has sent and received since it was opened. */
export interface Flow {
  readonly soundSent: number;
  readonly soundReceived: number;
  readonly framesSent: number;
  readonly framesReceived: number;
}

function readFlow(page: Page): Promise<Flow> {
  return page.evaluate(async () => {
    const reports = await Promise.all(window.ringlineMedia.map((one) => one.getStats()));
    const all = reports.flatMap((report) => [...report.values()]);
    const total = (type: string, kind: string, counter: string): number =>
      all
        .filter((stat) => stat.type === type && stat.kind === kind)
        .reduce((sum, stat) => sum + (stat[counter] ?? 0), 0);
    return {
      soundSent: total('outbound-rtp', 'audio', 'packetsSent'),
      soundReceived: total('inbound-rtp', 'audio', 'packetsReceived'),
      framesSent: total('outbound-rtp', 'video', 'framesSent'),
      framesReceived: total('inbound-rtp', 'video', 'framesDecoded'),
    };
  });
}

/** Measures what a page sends and receives in some time. */
export async function measureFlow(page: Page, milliseconds: number): Promise<Flow> {
  const before = await readFlow(page);
  await page.waitForTimeout(milliseconds);
  const after = await readFlow(page);
  // A track that ends takes its counters with it.
  const grown = (name: keyof Flow) => Math.max(0, after[name] - before[name]);
  return {
    soundSent: grown('soundSent'),
    soundReceived: grown('soundReceived'),
    framesSent: grown('framesSent'),
    framesReceived: grown('framesReceived'),
  };
}
