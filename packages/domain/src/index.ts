export * from './call.ts';
export * from './commands.ts';
export * from './deadlines.ts';
export * from './decide.ts';
export * from './effects.ts';
export * from './events.ts';
export * from './evolve.ts';
export {
  type Invitation,
  type InvitationOutcome,
  invitationChanges,
  MAX_RINGS,
} from './invitation.ts';
export * from './outcome.ts';
export * from './refusals.ts';
export { isGlare, start } from './start.ts';
export * from './transitions.ts';
