import type { Server } from '@ringline/testing/server';
import type { Load } from './load.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** What a fault may use. */
export interface Scene {
  readonly world: World;
  readonly load: Load;
  /** Its own; the seed alone decides what comes from it. */
  readonly random: Random;
  /** A line for the schedule in the report: which process was hit, for example. */
  note(line: string): void;
  /** For what only the fault itself can see. */
  violate(invariant: string, detail: string): void;
}

export type Heal = () => Promise<void>;

/** One thing that goes wrong, and how it becomes right again. */
export interface Fault {
  /** As `--only` takes it: `redis-emptied`. */
  readonly name: string;
  /** How long it lasts; a fault that is over by itself lasts 0 s. */
  readonly seconds: number;
  /** Resolves to what heals it, which leaves everything running. */
  inject(scene: Scene): Promise<Heal>;
  /** Nothing can be decided meanwhile, so deadlines are counted from its end on. */
  readonly stopsDeadlines?: true;
  /** Samples that were acknowledged and not yet stored are gone with Redis' data. */
  readonly losesSamples?: true;
}

/** Kills a server; a restart heals it. */
export async function killServer(server: Server): Promise<Heal> {
  await server.kill();
  return server.restart;
}
