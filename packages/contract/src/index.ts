export * from './calls.ts';
export * from './client-events.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './identity.ts';
export * from './objects.ts';
export * from './states.ts';
