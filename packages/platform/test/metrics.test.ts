import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '@ringline/platform';

const LABELS: Record<string, string[]> = {
  ringline_http_request_duration_seconds: ['method', 'route', 'status'],
  ringline_calls_started_total: ['type', 'mode'],
  ringline_calls_finished_total: ['state', 'reason'],
  ringline_calls_active: ['state'],
  ringline_sockets: [],
  ringline_unread_sockets_closed_total: [],
  ringline_ring_delivery_seconds: [],
  ringline_call_setup_seconds: [],
  ringline_command_retries_total: ['reason'],
  ringline_outbox_unsent: [],
  ringline_deadline_lateness_seconds: [],
  ringline_reconcile_drift_total: ['kind'],
  ringline_duty_failures_total: ['duty'],
  ringline_rate_limit_refusals_total: ['limit'],
  ringline_rate_limit_failures_total: ['limit'],
  ringline_jwks_age_seconds: [],
  ringline_livekit_request_duration_seconds: ['operation', 'outcome'],
  ringline_livekit_webhooks_total: ['event', 'outcome'],
  ringline_quality_samples_total: ['outcome'],
  ringline_quality_lag_seconds: [],
  ringline_quality_mos: [],
};

describe('the metrics', () => {
  it('have exactly the documented names and labels', () => {
    const ours = Object.values(createMetrics()).filter((metric) => 'name' in metric);
    const labels = ours.map((metric) => [
      metric.name,
      (metric as { labelNames?: string[] }).labelNames,
    ]);
    expect(Object.fromEntries(labels)).toEqual(LABELS);
  });

  it('omit the age of keys if none are fetched', async () => {
    const text = (fetchesKeys: boolean) => createMetrics({ fetchesKeys }).registry.metrics();
    expect(await text(true)).toContain('ringline_jwks_age_seconds');
    expect(await text(false)).not.toContain('ringline_jwks_age_seconds');
  });

  it('are exposed together with the metrics of Node', async () => {
    const metrics = createMetrics();
    metrics.callsStarted.inc({ type: 'video', mode: 'direct' });
    metrics.ringDelivery.observe(0.02);
    const text = await metrics.registry.metrics();
    expect(text).toContain('ringline_calls_started_total{type="video",mode="direct"} 1');
    expect(text).toContain('ringline_ring_delivery_seconds_bucket{le="0.025"} 1');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('are separate for each registry', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.sockets.set(3);
    expect((await other.sockets.get()).values).toEqual([{ labels: {}, value: 0 }]);
  });
});
