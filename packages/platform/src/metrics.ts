import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Steps for what people wait for: fine where a ring or an answer should be, coarse where it is already too late. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Steps for what may be seconds late and still do its work. */
const LATE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

/** Steps at the borders of the quality levels and between them; a MOS is 1 to 4.5. */
const MOS = [1.5, 2, 2.5, 2.8, 3.1, 3.4, 3.6, 3.8, 4, 4.2, 4.3, 4.4, 4.5];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Every metric of Ringline on a registry of its own, with Node's. No label ever holds the id of a user or a call:
 * each value of a label is a time series of its own. A process that fetches no keys must not say that they are 0 seconds old.
 */
export function createMetrics({ fetchesKeys = true }: { fetchesKeys?: boolean } = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  return {
    registry,

    httpRequestDuration: new Histogram({
      name: 'ringline_http_request_duration_seconds',
      help: 'Time to answer a REST request, by the pattern of its route',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    }),

    callsStarted: new Counter({
      name: 'ringline_calls_started_total',
      help: 'Calls started',
      labelNames: ['type', 'mode'],
      registers,
    }),
    callsFinished: new Counter({
      name: 'ringline_calls_finished_total',
      help: 'Calls that reached a terminal state',
      labelNames: ['state', 'reason'],
      registers,
    }),
    callsActive: new Gauge({
      name: 'ringline_calls_active',
      help: 'Calls that are not over, by their state',
      labelNames: ['state'],
      registers,
    }),
    sockets: new Gauge({
      name: 'ringline_sockets',
      help: 'Connected sockets of this process',
      registers,
    }),
    unreadSocketsClosed: new Counter({
      name: 'ringline_unread_sockets_closed_total',
      help: 'Sockets closed because their clients did not read what was sent to them',
      registers,
    }),
    ringDelivery: new Histogram({
      name: 'ringline_ring_delivery_seconds',
      help: 'From the request that starts or invites to the ring sent out',
      buckets: SECONDS,
      registers,
    }),
    callSetup: new Histogram({
      name: 'ringline_call_setup_seconds',
      help: 'From the first accept to the call being connected',
      buckets: [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 30],
      registers,
    }),

    commandRetries: new Counter({
      name: 'ringline_command_retries_total',
      help: 'Commands decided again, because another one was committed in between',
      labelNames: ['reason'],
      registers,
    }),
    outboxUnsent: new Gauge({
      name: 'ringline_outbox_unsent',
      help: 'Committed events that are not published yet',
      registers,
    }),
    deadlineLateness: new Histogram({
      name: 'ringline_deadline_lateness_seconds',
      help: 'How long after it was due a deadline was applied',
      buckets: LATE_SECONDS,
      registers,
    }),
    reconcileDrift: new Counter({
      name: 'ringline_reconcile_drift_total',
      help: 'Differences found between our calls and the rooms of LiveKit',
      labelNames: ['kind'],
      registers,
    }),
    jobFailures: new Counter({
      name: 'ringline_duty_failures_total',
      help: 'Rounds of a duty of the cleanup worker that failed and are tried again',
      labelNames: ['duty'],
      registers,
    }),

    rateLimitRefusals: new Counter({
      name: 'ringline_rate_limit_refusals_total',
      help: 'What was refused, because a limit was reached',
      labelNames: ['limit'],
      registers,
    }),
    rateLimitFailures: new Counter({
      name: 'ringline_rate_limit_failures_total',
      help: 'What passed unlimited, because Redis did not answer',
      labelNames: ['limit'],
      registers,
    }),

    jwksAge: new Gauge({
      name: 'ringline_jwks_age_seconds',
      help: 'Since the keys of AUTH_JWKS_URL were fetched',
      registers: fetchesKeys ? registers : [],
    }),

    livekitRequestDuration: new Histogram({
      name: 'ringline_livekit_request_duration_seconds',
      help: "Time of a request to LiveKit's API",
      labelNames: ['operation', 'outcome'],
      buckets: SECONDS,
      registers,
    }),
    livekitWebhooks: new Counter({
      name: 'ringline_livekit_webhooks_total',
      help: 'Webhooks received from LiveKit',
      labelNames: ['event', 'outcome'],
      registers,
    }),

    qualitySamples: new Counter({
      name: 'ringline_quality_samples_total',
      help: 'Quality samples, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    qualityLag: new Histogram({
      name: 'ringline_quality_lag_seconds',
      help: 'From the arrival of a quality sample to its commit',
      buckets: LATE_SECONDS,
      registers,
    }),
    qualityMos: new Histogram({
      name: 'ringline_quality_mos',
      help: 'Mean opinion score of each quality sample',
      buckets: MOS,
      registers,
    }),
  };
}
