import type { Page } from 'playwright-core';
import './media.ts';

/** Runs in a page before all else: its network then lets nothing through but to the TURN server. */
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

/** The kinds of the local candidates of the connections that carry media in such a page. */
export function waysOut(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const reports = await Promise.all(window.ringlineMedia.map((one) => one.getStats()));
    return reports.flatMap((report) => {
      const stats = [...report.values()];
      const pairs = stats.filter(({ type, nominated }) => type === 'candidate-pair' && nominated);
      return pairs.map((pair) => report.get(pair.localCandidateId).candidateType);
    });
  });
}
