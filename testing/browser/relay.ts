import type { Page } from 'playwright-core';
import './media.ts';

/** Runs in a page before anything else: the page then reaches only the TURN server. */
export function relayOnly(): void {
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
    }
    override setConfiguration(configuration?: RTCConfiguration) {
      super.setConfiguration({ ...configuration, iceTransportPolicy: 'relay' });
    }
  };
}

/** The types of the local ICE candidates that carry this page's media. */
export function readCandidateTypes(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const reports = await Promise.all(window.ringlineMedia.map((one) => one.getStats()));
    return reports.flatMap((report) => {
      const stats = [...report.values()];
      const pairs = stats.filter(({ type, nominated }) => type === 'candidate-pair' && nominated);
      return pairs.map((pair) => report.get(pair.localCandidateId).candidateType);
    });
  });
}
