export type Listener<Value> = (value: Value) => void;

/** What host apps get: `on` returns the function that ends the subscription. */
export interface Subscribable<Events> {
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void;
}

export interface Emitter<Events> extends Subscribable<Events> {
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}

/**
 * A listener that throws is the host app's mistake: it is handed to `onFailure`, and neither the other
 * listeners nor the SDK suffer from it.
 */
export function createEmitter<Events extends object>(
  onFailure: (error: unknown) => void,
): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<Listener<never>>>();
  return {
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
          if (result instanceof Promise) result.catch(onFailure);
        } catch (error) {
          onFailure(error);
        }
      }
    },
  };
}
