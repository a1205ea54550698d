import type { Metrics } from '@ringline/platform';
import type { LiveRoom, Store } from '@ringline/store';
import type { Duty } from '../repeat.ts';

const EVERY_MS = 5000;

const LIVE_STATES: Record<LiveRoom['state'], true> = {
  initiating: true,
  ringing: true,
  connecting: true,
  connected: true,
  reconnecting: true,
};

/** Keeps the metrics up to date that are states of the database. Every worker shows the same. */
export const gauges = ({ store, metrics }: { store: Store; metrics: Metrics }): Duty => ({
  name: 'gauges',
  everyMs: EVERY_MS,
  round: async () => {
    const [unsent, rooms] = await Promise.all([store.outboxUnsent(), store.liveRooms()]);
    metrics.outboxUnsent.set(unsent);
    for (const state of Object.keys(LIVE_STATES)) {
      metrics.callsActive.set({ state }, rooms.filter((room) => room.state === state).length);
    }
    return false;
  },
});
