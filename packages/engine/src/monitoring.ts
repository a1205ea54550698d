import type { LiveCallState } from '@ringline/domain';
import type { MonitoringReport } from '@ringline/platform';
import type { Engine } from './engine.ts';

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
}: Pick<Engine, 'store' | 'metrics'>): Promise<void> {
  const [unsent, rooms] = await Promise.all([store.countUnsent(), store.listLiveRooms()]);
  metrics.outboxUnsent.set(unsent);
  for (const state of Object.keys(LIVE_STATES)) {
    metrics.callsActive.set({ state }, rooms.filter((room) => room.state === state).length);
  }
}

/** Who says which rooms there are need not be LiveKit itself. */
interface MonitoringParts extends Pick<Engine, 'store' | 'logger'> {
  media: Pick<Engine['media'], 'listRooms'>;
}

async function listRooms({ media, logger }: Omit<MonitoringParts, 'store'>) {
  try {
    return await media.listRooms();
  } catch (error) {
    logger.warn('LiveKit did not say which rooms it has', { error });
    return [];
  }
}

/** How many rooms LiveKit has for our calls; others may use the same LiveKit. */
async function countActiveRooms(parts: MonitoringParts): Promise<number> {
  return (await parts.store.findCallsByRoom(await listRooms(parts))).size;
}

/** The numbers of `/monitoring/metrics`; no rooms while LiveKit does not answer. */
export async function monitoringReport(parts: MonitoringParts): Promise<MonitoringReport> {
  const [{ total, active, completed, failed }, activeRooms] = await Promise.all([
    parts.store.countCalls(),
    countActiveRooms(parts),
  ]);
  const over = total - active;
  return {
    calls: { total, active, completed, failed },
    livekit: { activeRooms },
    performance: { successRate: over === 0 ? 0 : completed / over },
  };
}
