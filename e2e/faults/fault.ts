import type { Server } from '@ringline/testing/server';
import type { Load } from './load.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** The means of a fault. */
export interface Scene {
  readonly world: World;
  readonly load: Load;
  /** The fault's own random numbers, which depend on the seed alone. */
  readonly random: Random;
  /** Adds a detail to the schedule in the report, such as the process that was hit. */
  note(line: string): void;
  /** Reports a violation that only the fault itself can see. */
  violate(invariant: string, detail: string): void;
}

export type Heal = () => Promise<void>;

/** A fault, and what heals it. */
export interface Fault {
  /** The name for `--only`, such as `redis-emptied`. */
  readonly name: string;
  /** How long it lasts; 0 if it ends by itself. */
  readonly seconds: number;
  /** Resolves to the function that heals it, after which everything runs. */
  inject(scene: Scene): Promise<Heal>;
  /** Set if nothing can be decided meanwhile: deadlines are then counted from its end. */
  readonly stopsDeadlines?: true;
  /** Set if Redis loses samples that were acknowledged and not yet stored. */
  readonly losesSamples?: true;
}

/** Kills a server; a restart heals it. */
export async function killServer(server: Server): Promise<Heal> {
  await server.kill();
  return server.restart;
}
