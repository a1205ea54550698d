import type { LiveCallState } from '@ringline/domain';
import type { MonitoringReport } from '@ringline/platform';
import type { EngineParts } from './engine.ts';

const LIVE_STATES: Record<LiveCallState, true> = {
  initiating: true,
  ringing: true,
  connecting: true,
  connected: true,
  reconnecting: true,
};

/** Brings the metrics up to date that are states of the database. Every process shows the same. */
export async function refreshGauges({
  store,
  metrics,
}: Pick<EngineParts, 'store' | 'metrics'>): Promise<void> {
  const [unsent, rooms] = await Promise.all([store.outboxUnsent(), store.liveRooms()]);
  metrics.outboxUnsent.set(unsent);
  for (const state of Object.keys(LIVE_STATES)) {
    metrics.callsActive.set({ state }, rooms.filter((room) => room.state === state).length);
  }
}

/** Who says which rooms there are need not be LiveKit itself. */
interface MonitoringParts extends Pick<EngineParts, 'store' | 'logger'> {
  media: Pick<EngineParts['media'], 'roomNames'>;
}

async function roomNamesOf({ media, logger }: Omit<MonitoringParts, 'store'>) {
  try {
    return await media.roomNames();
  } catch (error) {
    logger.warn('LiveKit did not say which rooms it has', { error });
    return [];
  }
}

/** How many rooms LiveKit has for our calls; others may use the same LiveKit. */
async function activeRoomsOf(parts: MonitoringParts): Promise<number> {
  return (await parts.store.callsByRoom(await roomNamesOf(parts))).size;
}

/** The numbers of `/monitoring/metrics`; no rooms while LiveKit does not answer. */
export async function monitoringReport(parts: MonitoringParts): Promise<MonitoringReport> {
  const [{ total, active, completed, failed }, activeRooms] = await Promise.all([
    parts.store.counts(),
    activeRoomsOf(parts),
  ]);
  const over = total - active;
  return {
    calls: { total, active, completed, failed },
    livekit: { activeRooms },
    performance: { successRate: over === 0 ? 0 : completed / over },
  };
}
