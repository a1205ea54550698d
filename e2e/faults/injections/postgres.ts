import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, killServer } from '../fault.ts';

/** A fast shutdown, which ends every connection. */
const shutDown: Fault = {
  name: 'postgres-shut-down',
  seconds: 5,
  stopsDeadlines: true,
  async inject({ world }) {
    const { postgres } = world;
    process.kill(postgres.pid(), 'SIGINT');
    return postgres.restart;
  },
};

/** Killed with all its children; it recovers from its log. */
const killed: Fault = {
  name: 'postgres-killed',
  seconds: 3,
  stopsDeadlines: true,
  inject: ({ world }) => killServer(world.postgres),
};

/** Neither answers nor refuses, like behind a network that drops every packet. */
const stopped: Fault = {
  name: 'postgres-stopped',
  seconds: 5,
  stopsDeadlines: true,
  async inject({ world }) {
    const pids = await world.rows<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'ringline'`,
    );
    const all = [world.postgres.pid(), ...pids.map(({ pid }) => pid)];
    const signal = (name: NodeJS.Signals) => {
      for (const pid of all) process.kill(pid, name);
    };
    signal('SIGSTOP');
    return async () => signal('SIGCONT');
  },
};

/** Repeatedly, as in a failover or the restart of a pooler. */
const backendsTerminated: Fault = {
  name: 'postgres-backends-terminated',
  seconds: 0,
  stopsDeadlines: true,
  async inject({ world }) {
    for (let round = 0; round < 40; round += 1) {
      await world.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringline'`,
      );
      await sleep(200);
    }
    return async () => undefined;
  },
};

export const postgresFaults: readonly Fault[] = [shutDown, killed, stopped, backendsTerminated];
