import { type PostgresServer, startTemplate } from './postgres.ts';

declare global {
  /** Jest hands values from its global setup to its teardown this way. */
  var ringlineTemplate: PostgresServer | undefined;
}

export default async function setUp(): Promise<void> {
  globalThis.ringlineTemplate = await startTemplate();
}
