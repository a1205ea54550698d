import type { z } from 'zod';
import { productionFaults } from './production.ts';
import { type ServiceName, serviceSchemas } from './services.ts';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** The frozen configuration of a process, with units in the names. */
export type ConfigOf<S extends ServiceName> = DeepReadonly<z.output<(typeof serviceSchemas)[S]>>;

export type CallServiceConfig = ConfigOf<'call-service'>;
export type CleanupWorkerConfig = ConfigOf<'cleanup-worker'>;
export type QualityIngesterConfig = ConfigOf<'quality-ingester'>;
export type Config = CallServiceConfig | CleanupWorkerConfig | QualityIngesterConfig;

/** The environment is invalid. The message is one line that names the variables but no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads and checks the environment of a process. Empty variables count as missing. Throws
 * `ConfigError`.
 */
export function loadConfig<S extends ServiceName>(service: S, env: NodeJS.ProcessEnv): ConfigOf<S> {
  const schema = serviceSchemas[service];
  const given = withoutEmpty(env);
  const parsed = schema.safeParse(
    Object.fromEntries(Object.keys(schema.shape).map((topic) => [topic, given])),
  );
  // Only the last step of an issue's path is the variable. The first is the topic.
  if (!parsed.success)
    throw configError(
      parsed.error.issues.map(({ path, message }) => `${String(path.at(-1))} ${message}`),
    );

  const config = parsed.data;
  if (config.production) {
    const faults = productionFaults(config);
    if (faults.length > 0) throw configError(faults);
  }
  return deepFreeze(config) as ConfigOf<S>;
}

function configError(faults: string[]): ConfigError {
  return new ConfigError(`Bad configuration: ${[...new Set(faults)].join('; ')}.`);
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
