import type { ClientLogger } from './options.ts';

export type Listener<Value> = (value: Value) => void;

/** `on` returns the function that ends the subscription. */
export interface Subscribable<Events> {
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void;
}

export interface Emitter<Events> extends Subscribable<Events> {
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
  /** Emits the named events of `source` here as well. */
  forward<Name extends keyof Events>(
    source: Subscribable<Pick<Events, NoInfer<Name>>>,
    ...names: Name[]
  ): void;
}

/** A listener that throws or rejects is logged; the other listeners still run. */
export function createEmitter<Events extends object>(
  logger: ClientLogger,
  fields: Record<string, unknown> = {},
): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<Listener<never>>>();
  const logFailure = (error: unknown) => logger.error('a listener failed', { ...fields, error });
  const emitter: Emitter<Events> = {
    on(name, listener) {
      const ofName = listeners.get(name) ?? new Set();
      listeners.set(name, ofName);
      ofName.add(listener as Listener<never>);
      return () => {
        ofName.delete(listener as Listener<never>);
      };
    },
    emit(name, value) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          const result: unknown = listener(value as never);
          if (result instanceof Promise) result.catch(logFailure);
        } catch (error) {
          logFailure(error);
        }
      }
    },
    forward(source, ...names) {
      for (const name of names) source.on(name, (value) => emitter.emit(name, value));
    },
  };
  return emitter;
}
