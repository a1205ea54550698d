import type { LiveCallState } from '@ringline/domain';
import type { MonitoringReport } from '@ringline/platform';
import type { Engine } from './engine.ts';

const LIVE_STATES: readonly LiveCallState[] = [
  'initiating',
  'ringing',
  'connecting',
  'connected',
  'reconnecting',
];

/** Updates the gauges that show the state of the database. Every process shows the same values. */
export async function refreshGauges({
  store,
  metrics,
}: Pick<Engine, 'store' | 'metrics'>): Promise<void> {
  const [unsent, active] = await Promise.all([store.countUnsent(), store.countLiveCalls()]);
  metrics.outboxUnsent.set(unsent);
  for (const state of LIVE_STATES) metrics.callsActive.set({ state }, active.get(state) ?? 0);
}

/** Counting reads all calls, so a frequent request must not repeat it. */
const REPORT_MS = 1000;

interface MonitoringParts extends Pick<Engine, 'store' | 'logger'> {
  /** A process without LiveKit lists the rooms that should exist. */
  media: Pick<Engine['media'], 'listRooms'>;
}

async function listRooms({ media, logger }: MonitoringParts): Promise<string[]> {
  try {
    return await media.listRooms();
  } catch (error) {
    logger.warn('LiveKit did not list its rooms', { error });
    return [];
  }
}

/** The number of rooms of our calls. Other applications may use the same LiveKit. */
async function countActiveRooms(parts: MonitoringParts): Promise<number> {
  return (await parts.store.findCallsByRoom(await listRooms(parts))).size;
}

async function makeReport(parts: MonitoringParts): Promise<MonitoringReport> {
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

/**
 * The report of `/monitoring/metrics`, at most a second old. Without LiveKit, it counts no rooms.
 */
export function createMonitoringReport(parts: MonitoringParts): () => Promise<MonitoringReport> {
  let report: Promise<MonitoringReport> | null = null;
  let madeAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (report === null || performance.now() - madeAt >= REPORT_MS) {
      madeAt = performance.now();
      report = makeReport(parts).catch((error: unknown) => {
        report = null;
        throw error;
      });
    }
    return report;
  };
}
