import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { Kind } from '../our-process.ts';

function killOne(kind: Kind): Fault {
  return {
    name: `${kind}-killed`,
    seconds: 3,
    async inject({ world, random, note }) {
      const victim = random.pick(world.of(kind));
      note(victim.name);
      await victim.kill();
      return () => victim.start();
    },
  };
}

function freezeOne(kind: Kind): Fault {
  return {
    name: `${kind}-frozen`,
    seconds: 8,
    async inject({ world, random, note }) {
      const victim = random.pick(world.of(kind));
      note(victim.name);
      victim.freeze();
      return async () => victim.thaw();
    },
  };
}

/** Several times, so that what a dead process leaves behind adds up. */
const crashes: Fault = {
  name: 'call-services-crash-five-times',
  seconds: 0,
  async inject({ world, random, note }) {
    for (let crash = 0; crash < 5; crash += 1) {
      const victim = random.pick(world.of('call-service'));
      note(victim.name);
      await victim.kill();
      await victim.start();
      await sleep(random.between(500, 2500));
    }
    return async () => undefined;
  },
};

/** Stops and restarts every process, one after the other, like an upgrade. */
const rollingRestart: Fault = {
  name: 'rolling-restart',
  seconds: 0,
  async inject({ world, random }) {
    for (const one of random.shuffled(world.processes)) {
      await one.stop();
      await one.start();
    }
    return async () => undefined;
  },
};

const allKilled: Fault = {
  name: 'all-processes-killed',
  seconds: 2,
  stopsDeadlines: true,
  async inject({ world }) {
    await Promise.all(world.processes.map((one) => one.kill()));
    return async () => {
      await Promise.all(world.processes.map((one) => one.start()));
    };
  },
};

/** The clocks of half of the processes are a minute ahead or behind. */
const clocksDiffer: Fault = {
  name: 'clocks-differ-by-a-minute',
  seconds: 12,
  async inject({ world, random, note }) {
    const shiftMs = random.pick([60_000, -60_000]);
    const shifted = world.processes.filter(({ name }) => name.endsWith('-2'));
    note(`${shiftMs / 1000} s`);
    await Promise.all(
      shifted.map(async (one) => {
        await one.stop();
        await one.start(shiftMs);
      }),
    );
    return async () => {
      await Promise.all(
        shifted.map(async (one) => {
          await one.stop();
          await one.start();
        }),
      );
    };
  },
};

export const processFaults: readonly Fault[] = [
  killOne('call-service'),
  killOne('cleanup-worker'),
  killOne('quality-ingester'),
  freezeOne('call-service'),
  freezeOne('cleanup-worker'),
  freezeOne('quality-ingester'),
  crashes,
  rollingRestart,
  allKilled,
  clocksDiffer,
];
