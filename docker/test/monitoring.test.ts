import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics } from '@ringline/platform';
import { freePort } from '@ringline/testing/ports';
import { provided, type Server, startServer } from '@ringline/testing/server';
import { onPath } from '../../scripts/stack/executable.ts';
import { ROOT } from '../../scripts/stack/folder.ts';

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly labels: { severity?: string };
  readonly annotations: { runbook?: string; summary?: string };
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly { title: string; targets: readonly { expr: string }[] }[];
}

/** The metrics of LiveKit (1.13.5) that we use. */
const OF_LIVEKIT = ['livekit_room_total', 'livekit_participant_total', 'livekit_packet_loss_total'];
const OF_PROMETHEUS = ['up', 'ALERTS'];

const PROMETHEUS = join(ROOT, 'docker', 'prometheus');
const DASHBOARDS = join(ROOT, 'docker', 'grafana', 'dashboards');
const RUNBOOKS = join(ROOT, 'docs', 'runbooks');

const dashboards: Dashboard[] = readdirSync(DASHBOARDS).map((file) =>
  JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')),
);

/** Values for Grafana's variables. */
function asAsked(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m');
}

const queriesShown = dashboards.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }): [panel: string, query: string] => [`${uid}: ${title}`, asAsked(expr)]),
  ),
);

let folder: string;
let server: Server;
let url: string;
let rules: Rule[];

async function ask(path: string): Promise<{ status: number; data: unknown }> {
  const response = await fetch(`${url}/api/v1/${path}`);
  const { data } = (await response.json()) as { data: unknown };
  return { status: response.status, data };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringline-prometheus-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = await startServer({
    name: 'prometheus',
    command: [
      provided('prometheus', onPath('prometheus')),
      `--config.file=${PROMETHEUS}/prometheus.yml`,
      `--storage.tsdb.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    ready: { url: `${url}/-/ready` },
  });
  const { groups } = (await ask('rules')).data as { groups: { rules: Rule[] }[] };
  rules = groups.flatMap((group) => group.rules);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * The names of the time series that a query reads: every word that is no function, keyword or
 * label.
 */
function seriesIn(query: string): string[] {
  const bare = query
    .replace(/\{[^}]*\}/g, '{}')
    .replace(/"[^"]*"/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const words = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([word]) => word);
  return words.filter((word) => word.includes('_') || OF_PROMETHEUS.includes(word));
}

/** Everything that our processes expose, under Prometheus' names. */
async function seriesThatExist(): Promise<Set<string>> {
  const { registry } = createMetrics();
  const metrics = await registry.getMetricsAsJSON();
  const ours = metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );
  return new Set([...ours, ...OF_LIVEKIT, ...OF_PROMETHEUS]);
}

test('the alerts pass promtool’s tests', () => {
  const promtool = provided('promtool', onPath('promtool'));
  const run = spawnSync(promtool, ['test', 'rules', 'alerts.test.yml'], {
    cwd: PROMETHEUS,
    encoding: 'utf8',
  });
  expect({ status: run.status, output: run.stderr }).toEqual({ status: 0, output: '' });
  const cases = readFileSync(join(PROMETHEUS, 'alerts.test.yml'), 'utf8');
  for (const { name } of rules) {
    expect(cases).toContain(`name: "${name} fires: `);
    expect(cases).toContain(`name: "${name} does not: `);
  }
});

test('every alert has a summary, a severity and a runbook', () => {
  expect(rules.length).toBeGreaterThan(10);
  for (const { name, labels, annotations } of rules) {
    expect([name, labels.severity]).toEqual([name, expect.stringMatching(/^(page|ticket)$/)]);
    expect(annotations.summary).toBeTruthy();
    expect(annotations.runbook).toBe(`docs/runbooks/${name}.md`);
    const page = readFileSync(join(ROOT, annotations.runbook ?? ''), 'utf8');
    expect(page).toMatch(new RegExp(`^# ${name}\\n[\\s\\S]+## Look\\n[\\s\\S]+## Do\\n`));
  }
  expect(readdirSync(RUNBOOKS).sort()).toEqual(rules.map(({ name }) => `${name}.md`).sort());
});

test('alerts read only metrics that exist', async () => {
  const known = await seriesThatExist();
  for (const { name, query } of rules) {
    const read = seriesIn(query);
    expect([name, read.length > 0]).toEqual([name, true]);
    expect([name, read.filter((series) => !known.has(series))]).toEqual([name, []]);
  }
});

test('there are three dashboards: ringing, media, failures', () => {
  expect(dashboards.map(({ uid }) => uid).sort()).toEqual(['failures', 'media', 'ringing']);
});

test.each(queriesShown)('%s reads only metrics that exist', async (_panel, query) => {
  const known = await seriesThatExist();
  const read = seriesIn(query);
  expect(read).not.toEqual([]);
  expect(read.filter((series) => !known.has(series))).toEqual([]);
  const { status } = await ask(`query?query=${encodeURIComponent(query)}`);
  expect(status).toBe(200);
});

test('every metric of ours is on a dashboard', async () => {
  const { registry } = createMetrics();
  const ours = (await registry.getMetricsAsJSON())
    .map(({ name }) => name)
    .filter((name) => name.startsWith('ringline_'));
  const shown = queriesShown.flatMap(([, query]) => seriesIn(query));
  const unseen = ours.filter((name) => !shown.some((series) => series.startsWith(name)));
  expect(unseen).toEqual([]);
});
