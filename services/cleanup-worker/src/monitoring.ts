import type { MediaServer } from '@ringline/engine';
import type { MonitoringReport } from '@ringline/platform';
import type { Store } from '@ringline/store';

/** The numbers of `/monitoring/metrics`. Rejects where Postgres or LiveKit does not answer. */
export const monitoringOf =
  ({ store, media }: { store: Store; media: MediaServer }) =>
  async (): Promise<MonitoringReport> => {
    const [{ total, active, completed, failed }, rooms] = await Promise.all([
      store.counts(),
      media.roomNames(),
    ]);
    const over = total - active;
    return {
      calls: { total, active, completed, failed },
      livekit: { activeRooms: rooms.length },
      performance: { successRate: over === 0 ? 0 : completed / over },
    };
  };
