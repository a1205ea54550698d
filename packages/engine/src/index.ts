export { createAdapter } from './adapter.ts';
export { type Background, createBackground, MEDIA_RETRY_MS } from './background.ts';
export { createClientlessServer } from './clientless-server.ts';
export {
  type ConnectionIssuer,
  type ConnectionSettings,
  createConnectionIssuer,
} from './connection.ts';
export { expireDueCalls } from './due.ts';
export {
  type Attached,
  createOrigin,
  type Engine,
  type EngineRefusal,
  type IdempotencyRequest,
  type Origin,
  type Outcome,
} from './engine.ts';
export { findIdempotent } from './idempotency.ts';
export { type CheckOptions, checkInvariants } from './invariants/check.ts';
export { createLiveKit } from './livekit.ts';
export { toMediaSession } from './livekit-participants.ts';
export type { MediaServer, RoomParticipant, RoomTimeouts } from './media-server.ts';
export { monitoringReport, refreshGauges } from './monitoring.ts';
export type { Device } from './outbox.ts';
export { createPublisher, type Publisher, roomOfDevice, roomOfUser } from './publisher.ts';
export { needsToPublish, needsToSubscribe } from './redis-needs.ts';
export { ringAgain } from './rings.ts';
export { isRoomOfCall, isRoomOfDeployment } from './room-name.ts';
export { type CommandRequest, runCommand } from './run-command.ts';
export { type StartRequest, startCall } from './start-call.ts';
export { toWireCall, toWireEvents, toWireParticipant } from './wire.ts';
