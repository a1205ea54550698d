import { type PostgresServer, startTemplate } from './postgres.ts';

declare global {
  /** Jest's own way to hand something from its global setup to its teardown. */
  var ringlineTemplate: PostgresServer | undefined;
}

export default async function setUp(): Promise<void> {
  globalThis.ringlineTemplate = await startTemplate();
}
