import type { Page } from 'playwright-core';

declare global {
  interface Window {
    ringlineMedia: RTCPeerConnection[];
  }
}

/** Runs in a page before anything else: lists the media connections that the page opens. */
export function recordMedia(): void {
  window.ringlineMedia = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      window.ringlineMedia.push(this);
    }
  };
}

/** True while media flows at this page, or could start to. */
export function holdsMedia(page: Page): Promise<boolean> {
  return page.evaluate(() =>
    window.ringlineMedia.some(({ connectionState }) => connectionState !== 'closed'),
  );
}

/** The local addresses over which this page sends and receives media now. */
export function mediaAddresses(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const reports = await Promise.all(window.ringlineMedia.map((one) => one.getStats()));
    return reports.flatMap((stats) =>
      [...stats.values()]
        .filter(({ type }) => type === 'transport')
        .map(({ selectedCandidatePairId }) => stats.get(selectedCandidatePairId))
        .filter((pair) => pair?.state === 'succeeded')
        .map(({ localCandidateId }) => stats.get(localCandidateId)?.address),
    );
  });
}
