import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Buckets for what people wait for, such as rings and responses. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Buckets for what may be seconds late. */
const LATE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

/** Buckets at and between the borders of the quality levels. A MOS is 1 to 4.5. */
const MOS = [1.5, 2, 2.5, 2.8, 3.1, 3.4, 3.6, 3.8, 4, 4.2, 4.3, 4.4, 4.5];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * All metrics of Ringline and of Node on a new registry. Labels never contain user or call ids,
 * since each value of a label is a time series. A process that fetches no keys must not report
 * their age.
 */
export function createMetrics({ fetchesKeys = true }: { fetchesKeys?: boolean } = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  return {
    registry,

    httpRequestDuration: new Histogram({
      name: 'ringline_http_request_duration_seconds',
      help: 'Duration of REST requests, by route pattern',
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
      help: 'Calls that are not over, by state',
      labelNames: ['state'],
      registers,
    }),
    sockets: new Gauge({
      name: 'ringline_sockets',
      help: 'Sockets connected to this process',
      registers,
    }),
    unreadSocketsClosed: new Counter({
      name: 'ringline_unread_sockets_closed_total',
      help: 'Sockets closed because their clients did not read',
      registers,
    }),
    ringDelivery: new Histogram({
      name: 'ringline_ring_delivery_seconds',
      help: 'From the request that starts or invites to the published ring',
      buckets: SECONDS,
      registers,
    }),
    callSetup: new Histogram({
      name: 'ringline_call_setup_seconds',
      help: 'From the first accept to the connected call',
      buckets: [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 30],
      registers,
    }),

    commandRetries: new Counter({
      name: 'ringline_command_retries_total',
      help: 'Commands decided again after losing a race',
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
      help: 'How late deadlines were applied',
      buckets: LATE_SECONDS,
      registers,
    }),
    reconcileDrift: new Counter({
      name: 'ringline_reconcile_drift_total',
      help: 'Differences found between calls and LiveKit rooms',
      labelNames: ['kind'],
      registers,
    }),
    jobFailures: new Counter({
      name: 'ringline_duty_failures_total',
      help: 'Failed runs of jobs of the cleanup worker, which are retried',
      labelNames: ['duty'],
      registers,
    }),

    rateLimitRefusals: new Counter({
      name: 'ringline_rate_limit_refusals_total',
      help: 'Requests and events refused by a rate limit',
      labelNames: ['limit'],
      registers,
    }),
    rateLimitFailures: new Counter({
      name: 'ringline_rate_limit_failures_total',
      help: 'Requests and events not limited because Redis did not answer',
      labelNames: ['limit'],
      registers,
    }),

    jwksAge: new Gauge({
      name: 'ringline_jwks_age_seconds',
      help: 'Age of the keys fetched from AUTH_JWKS_URL',
      registers: fetchesKeys ? registers : [],
    }),

    livekitRequestDuration: new Histogram({
      name: 'ringline_livekit_request_duration_seconds',
      help: 'Duration of requests to the LiveKit API',
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
      help: 'Quality samples, by outcome',
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
      help: 'Mean opinion scores of quality samples',
      buckets: MOS,
      registers,
    }),
  };
}
